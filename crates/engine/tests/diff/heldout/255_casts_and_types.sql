-- old
CREATE TYPE celsius AS (deg float8);
CREATE TYPE kelvin AS (deg float8);
CREATE FUNCTION c2k(celsius) RETURNS kelvin LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ROW($1.deg + 273.15)::kelvin';
CREATE FUNCTION k2c(kelvin) RETURNS celsius LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ROW($1.deg - 273.15)::celsius';
CREATE CAST (celsius AS kelvin) WITH FUNCTION c2k(celsius) AS IMPLICIT;
CREATE CAST (kelvin AS celsius) WITH FUNCTION k2c(kelvin);
CREATE TYPE lvl AS ENUM ('lo', 'hi');
CREATE CAST (lvl AS int) WITH INOUT AS ASSIGNMENT;
CREATE CAST (text AS lvl) WITH INOUT AS IMPLICIT;
CREATE TABLE reading (at timestamptz, t celsius, l lvl);
CREATE VIEW k AS SELECT at, t::kelvin AS t FROM reading WHERE (t::kelvin).deg > 300;
COMMENT ON CAST (celsius AS kelvin) IS 'safe';
-- new
CREATE TYPE celsius AS (deg float8);
CREATE TYPE kelvin AS (deg numeric);
CREATE FUNCTION c2k(celsius) RETURNS kelvin LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ROW(($1.deg + 273.15)::numeric)::kelvin';
CREATE FUNCTION k2c(kelvin) RETURNS celsius LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ROW($1.deg - 273.15)::celsius';
CREATE CAST (celsius AS kelvin) WITH FUNCTION c2k(celsius) AS ASSIGNMENT;
CREATE CAST (kelvin AS celsius) WITH FUNCTION k2c(kelvin) AS IMPLICIT;
CREATE TYPE lvl AS ENUM ('lo', 'mid', 'hi');
CREATE FUNCTION lvl2int(lvl) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT CASE $1 WHEN 'lo' THEN 1 WHEN 'mid' THEN 2 ELSE 3 END $$;
CREATE CAST (lvl AS int) WITH FUNCTION lvl2int(lvl) AS ASSIGNMENT;
CREATE CAST (varchar AS json) WITHOUT FUNCTION;
CREATE TABLE reading (at timestamptz, t kelvin, l lvl DEFAULT 'mid', n int GENERATED ALWAYS AS (lvl2int(l)) STORED);
CREATE VIEW k AS SELECT at, t, t::celsius AS c, l::int AS li FROM reading WHERE (t).deg > 300;
COMMENT ON CAST (lvl AS int) IS 'ordinal';
