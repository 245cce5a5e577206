-- old
CREATE FUNCTION plsample_handler() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION plsample_validator(oid) RETURNS void LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_validator';
CREATE TRUSTED LANGUAGE plsample HANDLER plsample_handler VALIDATOR plsample_validator;
CREATE TABLE region (nuts varchar(5) PRIMARY KEY, name text NOT NULL, parent varchar(5) REFERENCES region);
CREATE TABLE series (code text PRIMARY KEY, label text NOT NULL, unit text);
CREATE TABLE observation (code text REFERENCES series, nuts varchar(5) REFERENCES region, year int, value numeric, PRIMARY KEY (code, nuts, year));
CREATE FUNCTION depth(p varchar) RETURNS int LANGUAGE plsample AS $$ BEGIN RETURN length(p) - 2; END $$;
CREATE VIEW country_values AS SELECT o.* FROM observation o WHERE depth(o.nuts) = 0;
CREATE TRANSFORM FOR int4 LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal));
-- new
CREATE TABLE region (nuts varchar(5) PRIMARY KEY, name text NOT NULL, parent varchar(5) REFERENCES region DEFERRABLE, level smallint GENERATED ALWAYS AS (length(nuts) - 2) STORED);
CREATE TABLE series (code text PRIMARY KEY, label text NOT NULL, unit text);
CREATE TABLE observation (code text REFERENCES series ON UPDATE CASCADE, nuts varchar(5) REFERENCES region, period text, value double precision, PRIMARY KEY (code, nuts, period));
CREATE FUNCTION depth(p varchar) RETURNS int LANGUAGE plpgsql IMMUTABLE STRICT AS $$ BEGIN RETURN length(p) - 2; END $$;
CREATE FUNCTION wavg_step(double precision[], double precision, double precision) RETURNS double precision[] LANGUAGE sql IMMUTABLE AS 'SELECT ARRAY[$1[1] + $2 * $3, $1[2] + $3]';
CREATE FUNCTION wavg_final(double precision[]) RETURNS double precision LANGUAGE sql IMMUTABLE AS 'SELECT $1[1] / nullif($1[2], 0)';
CREATE AGGREGATE wavg(value double precision, weight double precision) (SFUNC = wavg_step, STYPE = double precision[], FINALFUNC = wavg_final, INITCOND = '{0,0}');
CREATE VIEW country_values AS SELECT o.code, o.nuts, o.period, o.value, r.name FROM observation o JOIN region r USING (nuts) WHERE r.level = 0;
COMMENT ON AGGREGATE wavg(double precision, double precision) IS 'weighted mean';
CREATE TRANSFORM FOR int4 LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION int4recv(internal));
