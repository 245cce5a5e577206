-- old
CREATE TYPE temp_c AS (v numeric);
CREATE TYPE temp_f AS (v numeric);
CREATE FUNCTION c2f(temp_c) RETURNS temp_f LANGUAGE sql IMMUTABLE AS $$ SELECT ROW(($1).v * 9 / 5 + 32)::temp_f $$;
CREATE FUNCTION f2c(temp_f) RETURNS temp_c LANGUAGE sql IMMUTABLE AS $$ SELECT ROW((($1).v - 32) * 5 / 9)::temp_c $$;
CREATE CAST (temp_c AS temp_f) WITH FUNCTION c2f(temp_c);
CREATE TYPE colour AS ENUM ('r', 'g');
CREATE CAST (text AS colour) WITH INOUT AS ASSIGNMENT;
CREATE TABLE t (c temp_c, f text);
CREATE VIEW v AS SELECT c::temp_f AS f FROM t;
COMMENT ON CAST (temp_c AS temp_f) IS 'Celsius to Fahrenheit';
-- new
CREATE TYPE temp_c AS (v numeric);
CREATE TYPE temp_f AS (v numeric);
CREATE FUNCTION c2f(temp_c) RETURNS temp_f LANGUAGE sql IMMUTABLE AS $$ SELECT ROW(($1).v * 9 / 5 + 32)::temp_f $$;
CREATE FUNCTION f2c(temp_f) RETURNS temp_c LANGUAGE sql IMMUTABLE AS $$ SELECT ROW((($1).v - 32) * 5 / 9)::temp_c $$;
CREATE CAST (temp_c AS temp_f) WITH FUNCTION c2f(temp_c) AS ASSIGNMENT;
CREATE CAST (temp_f AS temp_c) WITH FUNCTION f2c(temp_f) AS IMPLICIT;
CREATE TYPE colour AS ENUM ('r', 'g');
CREATE CAST (text AS colour) WITH INOUT AS IMPLICIT;
CREATE TABLE t (c temp_c, f text);
CREATE VIEW v AS SELECT c::temp_f AS f FROM t;
COMMENT ON CAST (temp_c AS temp_f) IS 'Celsius to Fahrenheit';
