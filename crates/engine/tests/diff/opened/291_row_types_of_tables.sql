-- old
CREATE TABLE src (id int PRIMARY KEY, a text, b int);
CREATE FUNCTION as_json(src) RETURNS json LANGUAGE sql STABLE AS 'SELECT row_to_json($1)';
CREATE FUNCTION make() RETURNS src LANGUAGE sql AS 'SELECT 1, ''a'', 2';
CREATE FUNCTION many() RETURNS SETOF src LANGUAGE sql STABLE BEGIN ATOMIC SELECT * FROM src; END;
CREATE FUNCTION total(src) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1.b * 2';
CREATE TABLE snap (at timestamptz, row src, rows src[]);
CREATE VIEW whole AS SELECT src, src.id, as_json(src) AS j FROM src;
CREATE VIEW flat AS SELECT (whole.src).a, (whole.src).b, id FROM whole;
CREATE INDEX src_total ON src (total(src));
CREATE DOMAIN src_dom AS src CHECK ((VALUE).b > 0);
CREATE TABLE uses_dom (d src_dom);
CREATE FUNCTION tg() RETURNS trigger LANGUAGE plpgsql AS 'DECLARE r src; BEGIN r := NEW; RETURN r; END';
CREATE TRIGGER tg BEFORE INSERT ON src FOR EACH ROW WHEN (NEW.* IS NOT NULL) EXECUTE FUNCTION tg();
-- new
CREATE TABLE src (id bigint PRIMARY KEY, c date, b int);
CREATE FUNCTION as_json(src) RETURNS jsonb LANGUAGE sql STABLE AS 'SELECT to_jsonb($1)';
CREATE FUNCTION make() RETURNS src LANGUAGE sql AS 'SELECT 1::bigint, CURRENT_DATE, 2';
CREATE FUNCTION many() RETURNS SETOF src LANGUAGE sql STABLE BEGIN ATOMIC SELECT * FROM src; END;
CREATE FUNCTION total(src) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1.b * 2::bigint';
CREATE TABLE snap (at timestamptz, row src, rows src[], made src DEFAULT make());
CREATE VIEW whole AS SELECT src, src.id, as_json(src) AS j FROM src;
CREATE VIEW flat AS SELECT (whole.src).c, (whole.src).b, id FROM whole;
CREATE INDEX src_total ON src (total(src));
CREATE DOMAIN src_dom AS src CHECK ((VALUE).b > 0 AND (VALUE).c IS NOT NULL);
CREATE TABLE uses_dom (d src_dom);
CREATE FUNCTION tg() RETURNS trigger LANGUAGE plpgsql AS 'DECLARE r src; BEGIN r := NEW; RETURN r; END';
CREATE TRIGGER tg BEFORE INSERT ON src FOR EACH ROW WHEN (NEW.* IS NOT NULL) EXECUTE FUNCTION tg();
