-- Owners, privileges, comments.

-- case comment/table_column
CREATE TABLE t (a integer);
-- old
COMMENT ON TABLE t IS 'one';
-- new
COMMENT ON TABLE t IS 'it''s';
COMMENT ON COLUMN t.a IS 'a \ b';

-- case comment/other
CREATE SCHEMA s;
CREATE TABLE t (a integer CONSTRAINT c CHECK (a > 0));
CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE TYPE y AS ENUM ('a');
CREATE DOMAIN d AS integer CONSTRAINT k CHECK (VALUE > 0);
CREATE SEQUENCE q;
CREATE VIEW v AS SELECT 1 AS a;
CREATE STATISTICS st ON a, (a + 1) FROM t;
-- new
COMMENT ON SCHEMA s IS 's';
COMMENT ON CONSTRAINT c ON t IS 'c';
COMMENT ON FUNCTION f(integer) IS 'f';
COMMENT ON TYPE y IS 'y';
COMMENT ON DOMAIN d IS 'd';
COMMENT ON CONSTRAINT k ON DOMAIN d IS 'k';
COMMENT ON SEQUENCE q IS 'q';
COMMENT ON VIEW v IS 'v';
COMMENT ON STATISTICS st IS 'st';

-- case comment/public
-- new
COMMENT ON SCHEMA public IS 'ours';

-- case owner/table
CREATE TABLE t (a serial);
CREATE SEQUENCE q;
CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE TYPE y AS ENUM ('a');
CREATE SCHEMA s;
CREATE VIEW v AS SELECT 1 AS a;
-- new
ALTER TABLE t OWNER TO {alice};
ALTER SEQUENCE q OWNER TO {alice};
ALTER FUNCTION f() OWNER TO {bob};
ALTER TYPE y OWNER TO {bob};
ALTER SCHEMA s OWNER TO {bob};
ALTER VIEW v OWNER TO {alice};

-- case owner/with_grants
CREATE TABLE t (a integer);
-- old
ALTER TABLE t OWNER TO {alice};
GRANT SELECT ON t TO {bob};
-- new
ALTER TABLE t OWNER TO {bob};
GRANT SELECT ON t TO {alice};

-- case grant/table
CREATE TABLE t (a integer);
-- old
GRANT SELECT, INSERT ON t TO {alice};
-- new
GRANT SELECT ON t TO {alice} WITH GRANT OPTION;
GRANT UPDATE ON t TO PUBLIC;

-- case grant/grant_option
CREATE TABLE t (a integer);
GRANT SELECT ON t TO {alice};
-- new
GRANT SELECT ON t TO {alice} WITH GRANT OPTION;

-- case grant/passed_on
CREATE TABLE t (a integer);
GRANT SELECT ON t TO {alice} WITH GRANT OPTION;
-- new
SET ROLE {alice};
GRANT SELECT ON t TO {bob};
RESET ROLE;

-- case grant/column
CREATE TABLE t (a integer, b integer);
-- old
GRANT SELECT (a) ON t TO {alice};
-- new
GRANT SELECT (b), UPDATE (b, a) ON t TO {alice};

-- case grant/owner_revoked
CREATE TABLE t (a integer);
ALTER TABLE t OWNER TO {alice};
-- new
REVOKE UPDATE, DELETE ON t FROM {alice};

-- case grant/function
CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
-- new
REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION f() TO {alice};

-- case grant/sequence_schema
CREATE SCHEMA s;
CREATE SEQUENCE q;
CREATE TYPE y AS ENUM ('a');
-- new
GRANT USAGE ON SCHEMA s TO {alice};
GRANT USAGE, SELECT ON SEQUENCE q TO {bob};
REVOKE USAGE ON TYPE y FROM PUBLIC;

-- case grant/public_schema
-- new
GRANT CREATE ON SCHEMA public TO {alice};
REVOKE USAGE ON SCHEMA public FROM PUBLIC;

-- case grant/default_privileges
-- old
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {alice};
-- new
ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT ON TABLES TO {alice};
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO {bob};

-- case grant/default_privileges_of_the_owner
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO postgres, {alice}, {bob};
-- new
CREATE TABLE t (a int);
REVOKE ALL ON t FROM {alice};
CREATE TABLE u (a int);
REVOKE DELETE ON u FROM postgres;

-- case grant/default_privileges_and_objects
ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT ON TABLES TO {alice};
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
-- new
CREATE TABLE t (a integer);
CREATE TABLE u (a integer);
REVOKE ALL ON u FROM {alice};
GRANT SELECT ON u TO {bob};
CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION g() RETURNS integer LANGUAGE sql AS 'SELECT 1';
GRANT EXECUTE ON FUNCTION g() TO PUBLIC;

-- case grant/replaced_function
-- old
CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
GRANT EXECUTE ON FUNCTION f() TO {alice};
REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC;
ALTER FUNCTION f() OWNER TO {bob};
-- new
CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
GRANT EXECUTE ON FUNCTION f() TO {alice};
REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC;
ALTER FUNCTION f() OWNER TO {bob};

-- case depends/extension
CREATE EXTENSION pg_trgm;
CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
-- new
ALTER FUNCTION f() DEPENDS ON EXTENSION pg_trgm;

-- case grant/several_columns
CREATE TABLE t (a integer, b integer);
-- old
GRANT SELECT (a), UPDATE (a) ON t TO {alice} WITH GRANT OPTION;
-- new
GRANT SELECT (a, b), UPDATE (b) ON t TO {alice} WITH GRANT OPTION;
GRANT UPDATE (a) ON t TO {alice};

-- case grant/table_to_new_column
-- old
CREATE TABLE t (id int, gone text);
GRANT SELECT, INSERT ON t TO {alice};
-- new
CREATE TABLE t (id int, come text);
GRANT INSERT ON t TO {alice};
GRANT SELECT (come), UPDATE (come) ON t TO {alice} WITH GRANT OPTION;
GRANT SELECT (id) ON t TO {alice};

-- case grant/what_an_extension_brings
CREATE EXTENSION pg_trgm;
CREATE EXTENSION pg_stat_statements;
CREATE EXTENSION postgres_fdw;
-- old
GRANT EXECUTE ON FUNCTION pg_stat_statements(boolean) TO {alice};
GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO {alice} WITH GRANT OPTION;
-- new
GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO {alice}, {bob};
REVOKE EXECUTE ON FUNCTION similarity(text, text) FROM PUBLIC;
REVOKE SELECT ON pg_stat_statements FROM PUBLIC;
GRANT SELECT (query, calls) ON pg_stat_statements TO {bob};
CREATE EXTENSION intarray;
GRANT USAGE ON TYPE query_int TO {bob};
REVOKE EXECUTE ON FUNCTION sort(int[]) FROM PUBLIC;
