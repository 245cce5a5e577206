-- old
CREATE TABLE base (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, doc jsonb NOT NULL);
CREATE VIEW people AS
    SELECT id, doc ->> 'name' AS name FROM base WHERE doc ->> 'type' = 'person';
CREATE FUNCTION people_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO base (doc) VALUES (jsonb_build_object('type', 'person', 'name', NEW.name));
    RETURN NEW;
END $$;
CREATE TRIGGER people_ins INSTEAD OF INSERT ON people FOR EACH ROW EXECUTE FUNCTION people_write();
COMMENT ON TRIGGER people_ins ON people IS 'Writes through';
CREATE INDEX base_name ON base ((doc ->> 'name'));
-- new
CREATE TABLE base (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, doc jsonb NOT NULL);
CREATE VIEW people AS
    SELECT id, doc ->> 'name' AS name, (doc ->> 'age')::int AS age FROM base WHERE doc @> '{"type": "person"}';
CREATE FUNCTION people_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO base (doc) VALUES (jsonb_build_object('type', 'person', 'name', NEW.name, 'age', NEW.age));
    RETURN NEW;
END $$;
CREATE TRIGGER people_ins INSTEAD OF INSERT ON people FOR EACH ROW EXECUTE FUNCTION people_write();
CREATE TRIGGER people_upd INSTEAD OF UPDATE ON people FOR EACH ROW EXECUTE FUNCTION people_write();
COMMENT ON TRIGGER people_ins ON people IS 'Writes through';
CREATE INDEX base_doc ON base USING gin (doc jsonb_path_ops);
