-- old
CREATE TABLE src (id int PRIMARY KEY, v text);
CREATE VIEW one AS SELECT id, v FROM src;
CREATE MATERIALIZED VIEW two AS SELECT id, v FROM one;
CREATE TABLE three (id int, v text);
CREATE SEQUENCE four;
CREATE TYPE five AS (id int, v text);
CREATE INDEX six ON src (v);
CREATE VIEW seven AS SELECT one.id, two.v FROM one JOIN two USING (id) JOIN three USING (id);
CREATE INDEX two_i ON two (v);
CREATE FUNCTION eight(a five) RETURNS int LANGUAGE sql AS 'SELECT a.id';
CREATE RULE r AS ON INSERT TO one DO INSTEAD INSERT INTO src VALUES (new.id, new.v);
GRANT SELECT ON one, two, three TO app_reader;
COMMENT ON COLUMN two.v IS 'v of two';
-- new
CREATE TABLE src (id int PRIMARY KEY, v text);
CREATE MATERIALIZED VIEW one AS SELECT id, v FROM src;
CREATE TABLE two (id int, v text);
CREATE VIEW three AS SELECT id, v FROM src WHERE id > 3;
CREATE TABLE four (id int PRIMARY KEY);
CREATE TABLE five (id int, v text);
CREATE VIEW six AS SELECT id FROM four;
CREATE VIEW seven AS SELECT one.id, two.v FROM one JOIN two USING (id) JOIN three USING (id);
CREATE INDEX two_i ON two (v);
CREATE FUNCTION eight(a five) RETURNS int LANGUAGE sql AS 'SELECT a.id';
GRANT SELECT ON one, two, three TO app_reader;
COMMENT ON COLUMN two.v IS 'v of two';
CREATE SEQUENCE src_seq OWNED BY src.id;
