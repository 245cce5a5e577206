-- old
CREATE SCHEMA util;
CREATE FUNCTION util.fmt(v numeric) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT to_char(v, 'FM999990.00') $$;
CREATE FUNCTION util.fmt(v date) RETURNS text LANGUAGE sql STABLE AS $$ SELECT to_char(v, 'DD.MM.YYYY') $$;
CREATE FUNCTION util.fmt(v interval) RETURNS text LANGUAGE sql STABLE AS $$ SELECT v::text $$;
CREATE TABLE receipts (id int PRIMARY KEY, day date NOT NULL, amount numeric NOT NULL);
CREATE VIEW printed AS SELECT id, util.fmt(day) AS day, util.fmt(amount) AS amount FROM receipts;
GRANT EXECUTE ON FUNCTION util.fmt(numeric) TO app_reader;
REVOKE ALL ON FUNCTION util.fmt(date) FROM PUBLIC;
COMMENT ON FUNCTION util.fmt(date) IS 'German date';
-- new
CREATE SCHEMA util;
CREATE FUNCTION util.fmt(v numeric, digits int DEFAULT 2) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT round(v, digits)::text $$;
CREATE FUNCTION util.fmt(v date) RETURNS text LANGUAGE sql STABLE AS $$ SELECT to_char(v, 'DD.MM.YYYY') $$;
CREATE FUNCTION util.fmt(v timestamptz) RETURNS text LANGUAGE sql STABLE AS $$ SELECT to_char(v, 'DD.MM.YYYY HH24:MI') $$;
CREATE TABLE receipts (id int PRIMARY KEY, day date NOT NULL, amount numeric NOT NULL);
CREATE VIEW printed AS SELECT id, util.fmt(day) AS day, util.fmt(amount) AS amount FROM receipts;
REVOKE ALL ON FUNCTION util.fmt(numeric, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION util.fmt(numeric, int) TO app_reader;
COMMENT ON FUNCTION util.fmt(date) IS 'German date';
