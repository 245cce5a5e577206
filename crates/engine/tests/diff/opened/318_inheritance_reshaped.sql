-- old
CREATE TABLE a (id int, x text DEFAULT 'a', CONSTRAINT xa CHECK (x <> ''));
CREATE TABLE b (id int, y int);
CREATE TABLE c (z date) INHERITS (a, b);
CREATE TABLE d (w int) INHERITS (c);
CREATE TABLE e (v text) INHERITS (a);
CREATE TABLE f () INHERITS (e);
CREATE TABLE g (id int, x text, y int);
CREATE VIEW va AS SELECT tableoid::regclass AS t, * FROM a;
CREATE VIEW vd AS SELECT id, x, y, z, w FROM d;
CREATE TRIGGER ta BEFORE UPDATE ON d FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE INDEX ca ON c (x, y);
-- new
CREATE TABLE a (id bigint, x text DEFAULT 'aa', n numeric, CONSTRAINT xa CHECK (x <> '' AND n > 0));
CREATE TABLE b (id bigint NOT NULL, y int DEFAULT 4);
CREATE TABLE c (z date, y int) INHERITS (a);
CREATE TABLE e (v text) INHERITS (b);
CREATE TABLE g (x text DEFAULT 'g') INHERITS (a, b);
CREATE TABLE d (w int, z timestamptz) INHERITS (e, a);
CREATE TABLE f (id bigint, y int, v text);
CREATE VIEW va AS SELECT tableoid::regclass AS t, * FROM a;
CREATE VIEW vd AS SELECT id, x, y, z, w FROM d;
CREATE TRIGGER ta BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE INDEX ca ON c (y, x);
