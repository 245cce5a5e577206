-- Tables as wholes.

-- case table/create
-- new
CREATE TABLE t (id integer PRIMARY KEY, a text DEFAULT 'x' NOT NULL, b integer CHECK (b > 0), UNIQUE (a));
CREATE INDEX i ON t (b);
COMMENT ON TABLE t IS 'new';

-- case table/drop
CREATE TABLE s (id integer PRIMARY KEY);
-- old
CREATE TABLE t (id integer REFERENCES s, n serial);
CREATE VIEW v AS SELECT * FROM t;
INSERT INTO s VALUES (1);
INSERT INTO t VALUES (1);
-- new
INSERT INTO s VALUES (1);

-- case table/options
CREATE TABLE t (a text);
-- old
ALTER TABLE t SET (fillfactor = 50, autovacuum_enabled = off);
-- new
ALTER TABLE t SET (fillfactor = 70, toast.autovacuum_enabled = off, parallel_workers = 2);

-- case table/reloptions
CREATE TABLE t (a text);
-- new
ALTER TABLE t SET (fillfactor = 70);

-- case table/unlogged
-- old
CREATE TABLE t (a integer);
INSERT INTO t VALUES (1);
-- new
CREATE UNLOGGED TABLE t (a integer);
INSERT INTO t VALUES (1);

-- case table/unlogged_identity
-- old
CREATE TABLE t (a integer GENERATED ALWAYS AS IDENTITY);
-- new
CREATE UNLOGGED TABLE t (a integer GENERATED ALWAYS AS IDENTITY);

-- case table/replica_identity
CREATE TABLE t (a integer NOT NULL);
CREATE UNIQUE INDEX u ON t (a);
-- old
ALTER TABLE t REPLICA IDENTITY FULL;
-- new
ALTER TABLE t REPLICA IDENTITY USING INDEX u;

-- case table/replica_identity_nothing
CREATE TABLE t (a integer NOT NULL);
-- new
ALTER TABLE t REPLICA IDENTITY NOTHING;

-- case table/inherits
CREATE TABLE p (a integer);
-- new
CREATE TABLE c (b integer) INHERITS (p);

-- case table/inherit_existing
CREATE TABLE p (a integer, CONSTRAINT k CHECK (a > 0));
CREATE TABLE c (a integer, b integer, CONSTRAINT k CHECK (a > 0));
INSERT INTO c VALUES (1, 2);
-- new
ALTER TABLE c INHERIT p;

-- case table/inherited_column
CREATE TABLE p (a integer);
CREATE TABLE c (b integer) INHERITS (p);
CREATE TABLE d (e integer) INHERITS (c);
-- new
ALTER TABLE p ADD COLUMN x text DEFAULT 'q' NOT NULL;
ALTER TABLE p ADD CONSTRAINT k CHECK (a > 0);

-- case table/inherited_change
CREATE TABLE p (a integer, z integer);
CREATE TABLE c (b integer) INHERITS (p);
INSERT INTO c VALUES (1, 2, 3);
-- new
ALTER TABLE p ALTER COLUMN a TYPE bigint;
ALTER TABLE p ALTER COLUMN z SET NOT NULL;
ALTER TABLE p ALTER COLUMN a SET DEFAULT 4;
ALTER TABLE p ALTER COLUMN a SET STATISTICS 9;

-- case table/inherited_change_of_child_only
CREATE TABLE p (a integer, z integer);
CREATE TABLE c (b integer) INHERITS (p);
-- new
ALTER TABLE c ALTER COLUMN a SET DEFAULT 4;
ALTER TABLE c ALTER COLUMN z SET NOT NULL;
ALTER TABLE ONLY c ADD CONSTRAINT k CHECK (a > 0);

-- case table/inherited_with_view
CREATE TABLE p (a integer);
CREATE TABLE c (b integer) INHERITS (p);
-- old
CREATE VIEW v AS SELECT a, b FROM c;
-- new
ALTER TABLE p ALTER COLUMN a TYPE bigint;
CREATE VIEW v AS SELECT a, b FROM c;

-- case table/child_of_changed_parent
CREATE TABLE p (a integer);
-- new
ALTER TABLE p ADD COLUMN b integer;
CREATE TABLE c (z integer) INHERITS (p);

-- case table/typed
CREATE TYPE y AS (a integer, b text);
-- new
CREATE TABLE t OF y (PRIMARY KEY (a));

-- case table/typed_existing
CREATE TYPE y AS (a integer, b text);
CREATE TABLE t (a integer, b text);
-- new
ALTER TABLE t OF y;

-- case table/becomes_view
CREATE TABLE s (a integer);
-- old
CREATE TABLE t (a integer);
CREATE VIEW w AS SELECT a FROM t;
-- new
CREATE VIEW t AS SELECT a FROM s;
CREATE VIEW w AS SELECT a FROM t;

-- case table/other_schema
CREATE SCHEMA s;
-- old
CREATE TABLE t (a integer);
-- new
CREATE TABLE s.t (a integer);

-- case table/columnless
-- old
CREATE TABLE t ();
-- new
CREATE TABLE t (a integer);

-- case table/many
-- old
CREATE TABLE a (id integer PRIMARY KEY, x text);
CREATE TABLE b (id integer PRIMARY KEY, a_id integer REFERENCES a, y text);
CREATE INDEX b_y ON b (y);
CREATE VIEW v AS SELECT a.x, b.y FROM a JOIN b ON b.a_id = a.id;
CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT count(*)::integer FROM a';
-- new
CREATE TABLE a (id bigint PRIMARY KEY, x varchar(50) NOT NULL);
CREATE TABLE c (id integer PRIMARY KEY, a_id bigint REFERENCES a ON DELETE CASCADE, y text);
CREATE INDEX b_y ON c (y);
CREATE VIEW v AS SELECT a.x, c.y FROM a JOIN c ON c.a_id = a.id;
CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM c';

-- case rename/table
-- old
CREATE TABLE t (id integer PRIMARY KEY, a text);
-- new
CREATE TABLE u (id integer PRIMARY KEY, a text);

-- case rls/enable
CREATE TABLE t (a integer);
-- new
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
ALTER TABLE t FORCE ROW LEVEL SECURITY;

-- case rls/force_only
CREATE TABLE t (a integer);
-- old
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
-- new
ALTER TABLE t FORCE ROW LEVEL SECURITY;

-- case schema/create
-- new
CREATE SCHEMA s;
CREATE TABLE s.t (a integer);

-- case schema/drop
-- old
CREATE SCHEMA s;
CREATE TABLE s.t (id serial PRIMARY KEY);
CREATE TYPE s.y AS ENUM ('a');
CREATE FUNCTION s.f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE VIEW s.v AS SELECT id, s.f() FROM s.t;

-- case schema/public_gone
-- new
DROP SCHEMA public;

-- case extension/create
-- new
CREATE EXTENSION citext;
CREATE TABLE t (a citext);

-- case extension/drop
-- old
CREATE EXTENSION citext;
CREATE TABLE t (id integer, a citext);
-- new
CREATE TABLE t (id integer, a text);

-- case extension/schema
CREATE SCHEMA e;
-- old
CREATE EXTENSION pg_trgm;
-- new
CREATE EXTENSION pg_trgm SCHEMA e;

-- case extension/version
-- old
CREATE EXTENSION pg_trgm VERSION '1.5';
-- new
CREATE EXTENSION pg_trgm VERSION '1.5';

-- case extension/index_dep
CREATE TABLE t (a text);
-- new
CREATE EXTENSION pg_trgm;
CREATE INDEX i ON t USING gin (a gin_trgm_ops);

-- case table/inherited_parts_become_the_childs_own
CREATE TABLE p (a integer);
CREATE TABLE c (b integer) INHERITS (p);
CREATE TABLE d (b integer) INHERITS (p);
-- old
ALTER TABLE p ADD COLUMN x text;
ALTER TABLE p ADD CONSTRAINT k CHECK (a > 0);
INSERT INTO c VALUES (1, 2, 'x');
-- new
ALTER TABLE c ADD COLUMN x text;
ALTER TABLE c ADD CONSTRAINT k CHECK (a > 0);
INSERT INTO c VALUES (1, 2, 'x');

-- case table/unlogged_with_references
-- old
CREATE TABLE a (id integer PRIMARY KEY);
CREATE TABLE b (id integer PRIMARY KEY REFERENCES a);
CREATE TABLE c (id integer REFERENCES b);
-- new
CREATE UNLOGGED TABLE a (id integer PRIMARY KEY);
CREATE UNLOGGED TABLE b (id integer PRIMARY KEY REFERENCES a);
CREATE UNLOGGED TABLE c (id integer REFERENCES b);

-- case table/typed_of_a_type_that_changes
-- old
CREATE TYPE kind AS (id int, name text, gone text);
CREATE TABLE t OF kind (PRIMARY KEY (id), name WITH OPTIONS NOT NULL);
CREATE TABLE free OF kind;
CREATE TABLE holds (one kind);
CREATE VIEW v AS SELECT id, name FROM t;
INSERT INTO t VALUES (1, 'a', 'b');
-- new
CREATE TYPE kind AS (id bigint, first text, name text, second date);
CREATE TABLE t OF kind (PRIMARY KEY (id), name WITH OPTIONS DEFAULT 'x');
CREATE TABLE free (id int, name text, gone text, more int);
CREATE TABLE holds (one kind);
CREATE VIEW v AS SELECT id, name, first FROM t;

-- case table/typed_of_a_type_that_grows
-- old
CREATE TYPE kind AS (id int);
CREATE TABLE t OF kind;
-- new
CREATE TYPE kind AS (id int, z text, a text, m date);
CREATE TABLE t OF kind (a WITH OPTIONS DEFAULT 'x');

-- case table/rows_held_elsewhere
-- old
CREATE TABLE s (id int);
CREATE TABLE h (one s, many s[]);
CREATE TABLE s2 (id int);
CREATE TABLE h2 (one s2);
CREATE TABLE s3 (id int);
CREATE TABLE h3 (one s3);
INSERT INTO s VALUES (1);
INSERT INTO h VALUES (ROW(1), NULL);
-- new
CREATE TABLE s (id int, n int NOT NULL DEFAULT 7, d date);
CREATE TABLE h (one s, many s[]);
CREATE TABLE s2 (id bigint);
CREATE TABLE h2 (one s2);
CREATE UNLOGGED TABLE s3 (id int, twice int GENERATED ALWAYS AS (id * 2) STORED);
CREATE TABLE h3 (one s3);

-- case table/read_as_a_catalog
-- old
CREATE TABLE t (id int, n int) WITH (user_catalog_table = true);
CREATE TABLE u (id int, n int) WITH (user_catalog_table = true);
-- new
CREATE UNLOGGED TABLE t (id bigint, n int);
CREATE TABLE u (id bigint, n int) WITH (user_catalog_table = true, fillfactor = 70);

-- case table/not_null_of_parent_only
-- old
CREATE TABLE p (a int NOT NULL, b int NOT NULL);
CREATE TABLE c () INHERITS (p);
CREATE TABLE d () INHERITS (p);
CREATE TABLE r (a int NOT NULL) PARTITION BY LIST (a);
CREATE TABLE r1 PARTITION OF r FOR VALUES IN (1);
-- new
CREATE TABLE p (a int, b int);
CREATE TABLE c () INHERITS (p);
ALTER TABLE c ALTER a SET NOT NULL;
CREATE TABLE d () INHERITS (p);
CREATE TABLE r (a int) PARTITION BY LIST (a);
CREATE TABLE r1 PARTITION OF r (a NOT NULL) FOR VALUES IN (1);

-- case table/in_a_circle_with_its_row_type
-- old
CREATE TABLE src (id bigint PRIMARY KEY, b int);
CREATE FUNCTION total(src) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1.b * 2::bigint';
CREATE INDEX src_total ON src (total(src));
CREATE FUNCTION tg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tg BEFORE INSERT ON src FOR EACH ROW WHEN (NEW.* IS NOT NULL) EXECUTE FUNCTION tg();
-- new

-- case table/whose_sequence_others_use
-- old
CREATE TABLE b (id bigint, m int);
CREATE SEQUENCE shared OWNED BY b.m;
CREATE TABLE c (s int DEFAULT nextval('shared'));
CREATE VIEW v AS SELECT last_value FROM shared;
-- new
CREATE TABLE c (s int);
