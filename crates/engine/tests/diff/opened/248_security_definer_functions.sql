-- old
CREATE SCHEMA sec;
CREATE TABLE sec.secrets (k text PRIMARY KEY, v bytea);
CREATE FUNCTION sec.get(k text) RETURNS bytea LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT v FROM sec.secrets s WHERE s.k = $1';
CREATE FUNCTION sec.put(k text, v bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = sec AS $$ BEGIN INSERT INTO secrets VALUES (k, v); END $$;
CREATE FUNCTION sec.fmt(d date) RETURNS text LANGUAGE sql SET datestyle = 'ISO, DMY' AS 'SELECT d::text';
CREATE FUNCTION sec.heavy() RETURNS SETOF int LANGUAGE sql COST 1000 ROWS 5 SET work_mem = '64MB' SET enable_seqscan = off AS 'SELECT 1';
CREATE FUNCTION sec.pure(int) RETURNS int LANGUAGE sql IMMUTABLE LEAKPROOF PARALLEL SAFE AS 'SELECT $1';
CREATE FUNCTION sec.supp(int) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'int4abs';
CREATE VIEW sec.keys WITH (security_barrier) AS SELECT k FROM sec.secrets WHERE sec.pure(1) = 1;
-- new
CREATE SCHEMA sec;
CREATE TABLE sec.secrets (k text PRIMARY KEY, v bytea, kind smallint DEFAULT 0);
CREATE FUNCTION sec.get(k text) RETURNS bytea LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = off AS 'SELECT v FROM sec.secrets s WHERE s.k = $1';
CREATE FUNCTION sec.put(k text, v bytea) RETURNS boolean LANGUAGE plpgsql SECURITY INVOKER SET search_path = "$user", sec, public AS $$ BEGIN INSERT INTO secrets VALUES (k, v); RETURN FOUND; END $$;
CREATE FUNCTION sec.fmt(d date) RETURNS text LANGUAGE sql STRICT SET datestyle = 'German' SET lc_time = 'C' AS 'SELECT d::text';
CREATE FUNCTION sec.heavy() RETURNS SETOF int LANGUAGE sql COST 10 ROWS 5000 SET work_mem = '1GB' SET "app.user" = 'it''s me' PARALLEL RESTRICTED AS 'SELECT 1';
CREATE FUNCTION sec.pure(int) RETURNS int LANGUAGE sql STABLE AS 'SELECT $1';
CREATE FUNCTION sec.supp(int) RETURNS int LANGUAGE internal IMMUTABLE PARALLEL SAFE AS 'int4um';
CREATE VIEW sec.keys AS SELECT k FROM sec.secrets WHERE sec.pure(2) = 2;
ALTER FUNCTION sec.get OWNER TO app_owner;
REVOKE EXECUTE ON FUNCTION sec.get, sec.put FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.get TO app_reader;
