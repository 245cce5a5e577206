-- Views and materialised views.

-- case view/create
CREATE TABLE t (a integer);
-- new
CREATE VIEW v AS SELECT a, a + 1 AS b FROM t;

-- case view/append_column
CREATE TABLE t (a integer, b integer);
-- old
CREATE VIEW v AS SELECT a FROM t;
CREATE VIEW w AS SELECT a FROM v;
-- new
CREATE VIEW v AS SELECT a, b FROM t;
CREATE VIEW w AS SELECT a FROM v;

-- case view/reorder
CREATE TABLE t (a integer, b integer);
-- old
CREATE VIEW v AS SELECT a, b FROM t;
-- new
CREATE VIEW v AS SELECT b, a FROM t;

-- case view/chain_recreate
CREATE TABLE t (a integer, b text);
-- old
CREATE VIEW v1 AS SELECT a FROM t;
CREATE VIEW v2 AS SELECT a FROM v1;
CREATE VIEW v3 AS SELECT a FROM v2;
COMMENT ON VIEW v3 IS 'third';
-- new
CREATE VIEW v1 AS SELECT b, a FROM t;
CREATE VIEW v2 AS SELECT a FROM v1;
CREATE VIEW v3 AS SELECT a FROM v2;
COMMENT ON VIEW v3 IS 'third';

-- case view/drop_column_used
CREATE TABLE t (id integer);
-- old
ALTER TABLE t ADD COLUMN a integer;
CREATE VIEW v AS SELECT id, a FROM t;
-- new
CREATE VIEW v AS SELECT id FROM t;

-- case view/needs_pk
CREATE TABLE t (id integer, a text);
-- new
ALTER TABLE t ADD PRIMARY KEY (id);
CREATE VIEW v AS SELECT id, a, count(*) FROM t GROUP BY id;

-- case view/needs_pk_changed
CREATE TABLE t (id integer NOT NULL, b integer NOT NULL, a text);
-- old
ALTER TABLE t ADD PRIMARY KEY (id);
CREATE VIEW v AS SELECT id, a, count(*) FROM t GROUP BY id;
-- new
ALTER TABLE t ADD PRIMARY KEY (id) INCLUDE (b);
CREATE VIEW v AS SELECT id, a, count(*) FROM t GROUP BY id;

-- case view/options
CREATE TABLE t (a integer);
-- old
CREATE VIEW v AS SELECT a FROM t;
-- new
CREATE VIEW v WITH (security_barrier = true) AS SELECT a FROM t WHERE a > 0 WITH LOCAL CHECK OPTION;

-- case view/options_only
CREATE TABLE t (a integer);
-- old
CREATE VIEW v WITH (check_option = local) AS SELECT a FROM t;
-- new
CREATE VIEW v WITH (security_barrier = true) AS SELECT a FROM t;

-- case view/security_invoker
-- since 15
CREATE TABLE t (a integer);
CREATE VIEW v AS SELECT a FROM t;
-- new
ALTER VIEW v SET (security_invoker = true);

-- case view/recreate_keeps_grant
CREATE TABLE t (a integer, b integer);
-- old
CREATE VIEW v AS SELECT a FROM t;
GRANT SELECT ON v TO {alice};
GRANT UPDATE (a) ON v TO {bob};
ALTER VIEW v OWNER TO {bob};
-- new
CREATE VIEW v AS SELECT b, a FROM t;
GRANT SELECT ON v TO {alice};
GRANT UPDATE (a) ON v TO {bob};
ALTER VIEW v OWNER TO {bob};

-- case view/recreate_keeps_parts
CREATE TABLE t (a integer, b integer);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
-- old
CREATE VIEW v AS SELECT a FROM t;
ALTER VIEW v ALTER COLUMN a SET DEFAULT 4;
CREATE TRIGGER g INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f();
CREATE RULE r AS ON DELETE TO v DO INSTEAD NOTHING;
COMMENT ON COLUMN v.a IS 'a';
-- new
CREATE VIEW v AS SELECT b, a FROM t;
ALTER VIEW v ALTER COLUMN a SET DEFAULT 4;
CREATE TRIGGER g INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f();
CREATE RULE r AS ON DELETE TO v DO INSTEAD NOTHING;
COMMENT ON COLUMN v.a IS 'a';

-- case view/default
CREATE TABLE t (a integer);
CREATE VIEW v AS SELECT a FROM t;
-- old
ALTER VIEW v ALTER COLUMN a SET DEFAULT 3;
-- new
ALTER VIEW v ALTER COLUMN a SET DEFAULT 4;

-- case view/uses_new_function
CREATE TABLE t (a integer);
-- old
CREATE VIEW v AS SELECT a FROM t;
-- new
CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql AS 'SELECT $1';
CREATE VIEW v AS SELECT f(a) AS a FROM t;

-- case view/circle
-- new
CREATE TABLE t (a integer);
CREATE VIEW v AS SELECT a FROM t;
CREATE FUNCTION f() RETURNS SETOF v LANGUAGE sql BEGIN ATOMIC SELECT * FROM v; END;
CREATE OR REPLACE VIEW v AS SELECT a FROM t WHERE a IN (SELECT 1);

-- case view/swap_dependency
CREATE TABLE t (a integer);
-- old
CREATE VIEW a AS SELECT a FROM t;
CREATE VIEW b AS SELECT a FROM a;
-- new
CREATE VIEW b AS SELECT a FROM t;
CREATE VIEW a AS SELECT a FROM b;

-- case view/recursive
-- new
CREATE RECURSIVE VIEW n (a) AS VALUES (1) UNION ALL SELECT a + 1 FROM n WHERE a < 5;

-- case matview/create
CREATE TABLE t (a integer);
-- new
CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
CREATE UNIQUE INDEX i ON m (a);

-- case matview/no_data
CREATE TABLE t (a integer);
-- old
CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
-- new
CREATE MATERIALIZED VIEW m AS SELECT a FROM t WITH NO DATA;

-- case matview/change
CREATE TABLE t (a integer, b integer);
-- old
CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
CREATE INDEX i ON m (a);
CREATE VIEW v AS SELECT a FROM m;
COMMENT ON MATERIALIZED VIEW m IS 'm';
ALTER MATERIALIZED VIEW m CLUSTER ON i;
-- new
CREATE MATERIALIZED VIEW m AS SELECT a FROM t WHERE b > 0;
CREATE INDEX i ON m (a);
CREATE VIEW v AS SELECT a FROM m;
COMMENT ON MATERIALIZED VIEW m IS 'm';
ALTER MATERIALIZED VIEW m CLUSTER ON i;

-- case matview/options
CREATE TABLE t (a text);
CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
-- new
ALTER MATERIALIZED VIEW m SET (fillfactor = 60);
ALTER MATERIALIZED VIEW m ALTER COLUMN a SET STATISTICS 9;
ALTER MATERIALIZED VIEW m ALTER COLUMN a SET STORAGE EXTERNAL;

-- case view/of_view_column_type
CREATE TABLE t (a integer);
-- old
CREATE VIEW v AS SELECT a FROM t;
CREATE MATERIALIZED VIEW m AS SELECT a FROM v;
CREATE INDEX i ON m (a);
-- new
CREATE VIEW v AS SELECT a::bigint AS a FROM t;
CREATE MATERIALIZED VIEW m AS SELECT a FROM v;
CREATE INDEX i ON m (a);

-- case matview/of_another_owner
CREATE TABLE t (a integer);
INSERT INTO t VALUES (1);
-- new
CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
ALTER MATERIALIZED VIEW m OWNER TO {alice};
GRANT SELECT ON m TO {bob};
COMMENT ON MATERIALIZED VIEW m IS 'm';

-- case view/becomes_table_of_that_name
CREATE TABLE s (a integer);
-- old
CREATE MATERIALIZED VIEW t AS SELECT a FROM s;
CREATE INDEX i ON t (a);
-- new
CREATE TABLE t (a integer CONSTRAINT k PRIMARY KEY);
CREATE INDEX i ON s (a);

-- case view/names_move
-- old
CREATE TABLE a (x integer PRIMARY KEY);
CREATE VIEW b AS SELECT x FROM a;
CREATE INDEX c ON a (x);
-- new
CREATE TABLE b (x integer PRIMARY KEY);
CREATE VIEW c AS SELECT x FROM b;
CREATE INDEX a ON b (x);
