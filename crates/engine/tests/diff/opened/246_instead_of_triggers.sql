-- old
CREATE TABLE person (id serial PRIMARY KEY, name text NOT NULL);
CREATE TABLE phone (person_id int PRIMARY KEY REFERENCES person ON DELETE CASCADE, number text);
CREATE VIEW card AS SELECT p.id, p.name, h.number FROM person p LEFT JOIN phone h ON h.person_id = p.id;
CREATE FUNCTION card_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO person (name) VALUES (NEW.name) RETURNING id INTO NEW.id;
  INSERT INTO phone VALUES (NEW.id, NEW.number);
  RETURN NEW;
END $$;
CREATE TRIGGER card_ins INSTEAD OF INSERT ON card FOR EACH ROW EXECUTE FUNCTION card_write();
ALTER VIEW card ALTER COLUMN number SET DEFAULT 'none';
CREATE VIEW names AS SELECT id, name FROM person WHERE name <> '' WITH CASCADED CHECK OPTION;
CREATE VIEW short_names AS SELECT id, name FROM names WHERE length(name) < 5 WITH LOCAL CHECK OPTION;
GRANT INSERT, SELECT ON card TO app_writer;
-- new
CREATE TABLE person (id bigserial PRIMARY KEY, given text NOT NULL, family text);
CREATE TABLE phone (person_id bigint REFERENCES person ON DELETE CASCADE, kind char(1) DEFAULT 'M', number text, PRIMARY KEY (person_id, kind));
CREATE VIEW card AS SELECT p.id, concat_ws(' ', p.given, p.family) AS name, h.kind, h.number FROM person p LEFT JOIN phone h ON h.person_id = p.id;
CREATE FUNCTION card_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  CASE TG_OP
  WHEN 'INSERT' THEN
    INSERT INTO person (given) VALUES (NEW.name) RETURNING id INTO NEW.id;
    INSERT INTO phone VALUES (NEW.id, NEW.kind, NEW.number);
    RETURN NEW;
  WHEN 'DELETE' THEN
    DELETE FROM person WHERE id = OLD.id;
    RETURN OLD;
  END CASE;
END $$;
CREATE TRIGGER card_ins INSTEAD OF INSERT OR DELETE ON card FOR EACH ROW EXECUTE FUNCTION card_write('x');
CREATE FUNCTION stmt() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER card_stmt AFTER UPDATE ON card FOR EACH STATEMENT EXECUTE FUNCTION stmt();
ALTER VIEW card ALTER COLUMN kind SET DEFAULT 'M', ALTER COLUMN number SET DEFAULT '-';
CREATE VIEW names WITH (security_barrier) AS SELECT id, given AS name FROM person WHERE given <> '' WITH LOCAL CHECK OPTION;
CREATE VIEW short_names AS SELECT id, name FROM names WHERE length(name) < 5;
GRANT INSERT, DELETE, SELECT ON card TO app_writer;
COMMENT ON TRIGGER card_ins ON card IS 'writes both';
