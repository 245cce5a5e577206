-- old
CREATE TABLE settings (name text PRIMARY KEY, value text);
CREATE TABLE settings_history (name text, old text, new text, at timestamptz DEFAULT now());
CREATE RULE keep_history AS ON UPDATE TO settings WHERE OLD.value IS DISTINCT FROM NEW.value
    DO ALSO INSERT INTO settings_history (name, old, new) VALUES (OLD.name, OLD.value, NEW.value);
CREATE RULE never_delete AS ON DELETE TO settings DO INSTEAD NOTHING;
-- new
CREATE TABLE settings (name text PRIMARY KEY, value text);
CREATE TABLE settings_history (name text, old text, new text, at timestamptz DEFAULT now());
CREATE FUNCTION keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO settings_history (name, old, new) VALUES (OLD.name, OLD.value, NEW.value);
    RETURN NEW;
END $$;
CREATE TRIGGER keep_history AFTER UPDATE ON settings FOR EACH ROW
    WHEN (OLD.value IS DISTINCT FROM NEW.value) EXECUTE FUNCTION keep_history();
CREATE RULE never_delete AS ON DELETE TO settings WHERE OLD.name LIKE 'core.%' DO INSTEAD NOTHING;
COMMENT ON RULE never_delete ON settings IS 'Core settings stay';
