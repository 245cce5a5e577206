-- Functions, procedures, aggregates.

-- case function/create
-- new
CREATE FUNCTION f(a integer, b text DEFAULT 'x') RETURNS text LANGUAGE sql STABLE STRICT AS $$ SELECT b || a $$;

-- case function/body
-- old
CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
-- new
CREATE FUNCTION f() RETURNS integer LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER PARALLEL SAFE COST 5 SET work_mem = '1MB' AS $$ BEGIN RETURN 2; END $$;

-- case function/overload
CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
-- new
CREATE FUNCTION f(text) RETURNS integer LANGUAGE sql AS 'SELECT 1';

-- case function/return_type
CREATE TABLE t (a integer);
-- old
CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE VIEW v AS SELECT f(a) FROM t;
COMMENT ON FUNCTION f(integer) IS 'f';
-- new
CREATE FUNCTION f(integer) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
CREATE VIEW v AS SELECT f(a) FROM t;
COMMENT ON FUNCTION f(integer) IS 'f';

-- case function/table_result
-- old
CREATE FUNCTION f() RETURNS TABLE (a integer) LANGUAGE sql AS 'SELECT 1';
-- new
CREATE FUNCTION f() RETURNS TABLE (a integer, b text) LANGUAGE sql AS $$ SELECT 1, 'x' $$;

-- case function/out_arguments
-- old
CREATE FUNCTION f(OUT a integer, OUT b integer) LANGUAGE sql AS 'SELECT 1, 2';
-- new
CREATE FUNCTION f(OUT a integer, OUT c text) LANGUAGE sql AS $$ SELECT 1, 'x' $$;

-- case function/argument_name
-- old
CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
-- new
CREATE FUNCTION f(b integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';

-- case function/default_gone
-- old
CREATE FUNCTION f(a integer, b integer DEFAULT 2) RETURNS integer LANGUAGE sql AS 'SELECT 1';
-- new
CREATE FUNCTION f(a integer, b integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';

-- case function/becomes_procedure
-- old
CREATE FUNCTION f(a integer) RETURNS void LANGUAGE sql AS '';
-- new
CREATE PROCEDURE f(a integer) LANGUAGE sql AS '';

-- case function/begin_atomic
CREATE TABLE t (a integer);
-- new
CREATE FUNCTION f() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT a FROM t; SELECT 1; END;

-- case function/begin_atomic_change
CREATE TABLE t (a integer);
-- old
CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT a FROM t; END;
-- new
ALTER TABLE t ADD COLUMN b bigint;
CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT b FROM t; END;

-- case function/begin_atomic_chain
-- new
CREATE FUNCTION z() RETURNS integer LANGUAGE sql RETURN 1;
CREATE FUNCTION y() RETURNS integer LANGUAGE sql RETURN z();
CREATE FUNCTION a() RETURNS integer LANGUAGE sql RETURN y();

-- case function/used_by_default_retype
CREATE TABLE t (id integer, a integer);
INSERT INTO t VALUES (1, 1);
-- old
CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
ALTER TABLE t ALTER COLUMN a SET DEFAULT f();
-- new
CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
ALTER TABLE t ALTER COLUMN a TYPE bigint, ALTER COLUMN a SET DEFAULT f();

-- case function/used_everywhere_replaced
CREATE TABLE t (id integer, a integer);
-- old
CREATE FUNCTION f(x integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
ALTER TABLE t ADD CONSTRAINT c CHECK (f(a) > 0);
ALTER TABLE t ADD COLUMN g integer GENERATED ALWAYS AS (f(id)) STORED;
CREATE INDEX i ON t (f(a));
CREATE POLICY p ON t USING (f(a) > 0);
CREATE VIEW v AS SELECT f(a) AS x FROM t;
CREATE DOMAIN d AS integer CHECK (f(VALUE) > 0);
-- new
CREATE FUNCTION f(y integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 2';
ALTER TABLE t ADD CONSTRAINT c CHECK (f(a) > 0);
ALTER TABLE t ADD COLUMN g integer GENERATED ALWAYS AS (f(id)) STORED;
CREATE INDEX i ON t (f(a));
CREATE POLICY p ON t USING (f(a) > 0);
CREATE VIEW v AS SELECT f(a) AS x FROM t;
CREATE DOMAIN d AS integer CHECK (f(VALUE) > 0);

-- case function/of_row_type
CREATE TABLE t (a integer);
-- new
CREATE FUNCTION f(t) RETURNS integer LANGUAGE sql AS 'SELECT $1.a';
CREATE FUNCTION g() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t';

-- case function/trigger_function_replaced_by_other
CREATE TABLE t (a integer);
-- old
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
-- new
CREATE FUNCTION h() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION h();

-- case procedure/create
-- new
CREATE PROCEDURE p(a integer, INOUT b text) LANGUAGE plpgsql AS 'BEGIN b := a; END';

-- case procedure/body
-- old
CREATE PROCEDURE p(a integer) LANGUAGE plpgsql AS 'BEGIN NULL; END';
-- new
CREATE PROCEDURE p(a integer) LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN PERFORM a; END';

-- case function/window
-- old
CREATE FUNCTION w() RETURNS bigint LANGUAGE internal WINDOW AS 'window_row_number';
-- new
CREATE FUNCTION w() RETURNS bigint LANGUAGE internal WINDOW AS 'window_rank';

-- case aggregate/create
-- new
CREATE FUNCTION add(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2';
CREATE AGGREGATE total(integer) (SFUNC = add, STYPE = integer, INITCOND = '0');
CREATE VIEW v AS SELECT total(x) FROM generate_series(1, 3) AS x;

-- case aggregate/change
CREATE FUNCTION add(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2';
-- old
CREATE AGGREGATE total(integer) (SFUNC = add, STYPE = integer, INITCOND = '0');
CREATE VIEW v AS SELECT total(x) FROM generate_series(1, 3) AS x;
COMMENT ON AGGREGATE total(integer) IS 'sum';
-- new
CREATE AGGREGATE total(integer) (SFUNC = add, STYPE = integer, INITCOND = '1', PARALLEL = SAFE);
CREATE VIEW v AS SELECT total(x) FROM generate_series(1, 3) AS x;
COMMENT ON AGGREGATE total(integer) IS 'sum';

-- case function/overload_with_default
CREATE TABLE t (a integer);
-- old
CREATE FUNCTION f(a integer, b integer DEFAULT 1) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE VIEW v AS SELECT f(a) AS x FROM t;
ALTER TABLE t ALTER COLUMN a SET DEFAULT f(2);
-- new
CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE VIEW v AS SELECT f(a) AS x FROM t;
ALTER TABLE t ALTER COLUMN a SET DEFAULT f(2);

-- case function/parts_of_its_table_call_it
-- old
CREATE TABLE t (id int PRIMARY KEY, owner text, n int);
CREATE FUNCTION owner_of(int) RETURNS text LANGUAGE sql STABLE RETURN (SELECT owner FROM t WHERE id = $1);
CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT $1 * 2 WHERE NOT EXISTS (SELECT FROM t WHERE false); END;
CREATE POLICY mine ON t USING (owner_of(id) = current_user);
CREATE INDEX by_twice ON t (twice(n));
CREATE RULE r AS ON INSERT TO t WHERE owner_of(NEW.id) = 'nobody' DO INSTEAD NOTHING;
CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW WHEN (owner_of(NEW.id) = 'nobody') EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE STATISTICS s ON twice(n), id FROM t;
ALTER TABLE t ADD CONSTRAINT c CHECK (owner_of(id) IS NOT NULL);
ALTER TABLE t ALTER COLUMN owner SET DEFAULT owner_of(1);
-- new

-- case function/that_a_domain_calls_returns_another_type
-- old
CREATE FUNCTION most() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 100';
CREATE FUNCTION usual() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 5';
CREATE DOMAIN quantity AS integer DEFAULT usual() CONSTRAINT most CHECK (VALUE <= most());
CREATE TABLE stock (id integer, amount quantity);
CREATE DOMAIN number AS integer DEFAULT usual();
-- new
CREATE FUNCTION most() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 100';
CREATE FUNCTION usual() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 6';
CREATE DOMAIN quantity AS integer DEFAULT usual() CONSTRAINT most CHECK (VALUE <= most());
CREATE TABLE stock (id integer, amount quantity);
CREATE DOMAIN number AS integer;
