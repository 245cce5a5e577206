-- Columns: what can be said of one, and each way to change it.

-- case column/add_end
CREATE TABLE t (id integer PRIMARY KEY);
INSERT INTO t VALUES (1), (2);
-- new
ALTER TABLE t ADD COLUMN note text;

-- case column/add_middle
-- old
CREATE TABLE t (id integer, z text);
-- new
CREATE TABLE t (id integer, m date, z text);

-- case column/add_not_null_default
CREATE TABLE t (id integer PRIMARY KEY);
INSERT INTO t VALUES (1), (2);
-- new
ALTER TABLE t ADD COLUMN n integer NOT NULL DEFAULT 7;

-- case column/drop
CREATE TABLE t (id integer, a text);
INSERT INTO t VALUES (1, 'x');
-- new
ALTER TABLE t DROP COLUMN a;

-- case column/drop_with_all
CREATE TABLE t (id integer, b integer, a integer);
-- old
CREATE INDEX t_a ON t (a);
CREATE INDEX t_ab ON t (a, b);
ALTER TABLE t ADD CONSTRAINT a_positive CHECK (a > 0);
ALTER TABLE t ADD CONSTRAINT a_unique UNIQUE (a);
CREATE STATISTICS t_stats ON a, b FROM t;
COMMENT ON COLUMN t.a IS 'one';
CREATE VIEW v AS SELECT id, a FROM t;
-- new
ALTER TABLE t DROP COLUMN a;
CREATE VIEW v AS SELECT id FROM t;

-- case column/default_change
CREATE TABLE t (id integer, a integer DEFAULT 1);
-- new
ALTER TABLE t ALTER COLUMN a SET DEFAULT 2;

-- case column/default_drop
CREATE TABLE t (id integer, a integer);
-- old
ALTER TABLE t ALTER COLUMN a SET DEFAULT 5;

-- case column/default_of_sequence
CREATE SEQUENCE s;
CREATE TABLE t (id integer);
-- new
ALTER TABLE t ALTER COLUMN id SET DEFAULT nextval('s');

-- case column/set_not_null
CREATE TABLE t (a integer);
INSERT INTO t VALUES (1);
-- new
ALTER TABLE t ALTER COLUMN a SET NOT NULL;

-- case column/drop_not_null
CREATE TABLE t (a integer NOT NULL);
-- new
ALTER TABLE t ALTER COLUMN a DROP NOT NULL;

-- case column/type_widen
CREATE TABLE t (a integer, b varchar(10), c numeric(5,2));
INSERT INTO t VALUES (1, 'x', 1.5);
-- new
ALTER TABLE t ALTER COLUMN a TYPE bigint, ALTER COLUMN b TYPE varchar(20), ALTER COLUMN c TYPE numeric(8,3);

-- case column/type_text
CREATE TABLE t (a varchar(10) DEFAULT 'x', b uuid);
INSERT INTO t VALUES ('y', '5b1e4e7e-8a48-4a3a-9ad2-000000000001');
-- new
ALTER TABLE t ALTER COLUMN a TYPE text, ALTER COLUMN b TYPE text;
ALTER TABLE t ALTER COLUMN a SET DEFAULT 'x';

-- case column/type_cast
CREATE TABLE t (a text, b integer DEFAULT 0, c integer[]);
INSERT INTO t VALUES ('1', 2, '{1,2}');
-- new
ALTER TABLE t ALTER COLUMN a TYPE integer USING a::integer;
ALTER TABLE t ALTER COLUMN b DROP DEFAULT, ALTER COLUMN b TYPE boolean USING b::boolean, ALTER COLUMN b SET DEFAULT false;
ALTER TABLE t ALTER COLUMN c TYPE bigint[];

-- case column/type_by_text
-- old
CREATE TABLE t (a json);
INSERT INTO t VALUES ('1');
-- new
CREATE TABLE t (a integer);
INSERT INTO t VALUES ('1');

-- case column/type_indexed
CREATE TABLE t (a integer, b text);
INSERT INTO t VALUES (1, '1');
-- old
CREATE INDEX i ON t (a) WHERE a > 5;
CREATE INDEX j ON t ((a + 1));
CREATE INDEX k ON t (b);
ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);
-- new
ALTER TABLE t ALTER COLUMN a TYPE numeric;
CREATE INDEX i ON t (a) WHERE a > 5;
CREATE INDEX j ON t ((a + 1));
ALTER TABLE t ALTER COLUMN b TYPE integer USING b::integer;
CREATE INDEX k ON t (b);
ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);

-- case column/type_with_dependants
CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer);
INSERT INTO t VALUES (1, 2, 3);
CREATE TABLE log (x bigint);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
-- old
CREATE VIEW v AS SELECT id, a FROM t;
CREATE VIEW w AS SELECT a FROM v;
CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
CREATE INDEX m_a ON m (a);
CREATE TRIGGER g BEFORE UPDATE OF a ON t FOR EACH ROW WHEN (NEW.a > 1) EXECUTE FUNCTION f();
CREATE POLICY p ON t USING (a > 0);
CREATE RULE r AS ON UPDATE TO t WHERE NEW.a > 10 DO ALSO INSERT INTO log VALUES (NEW.a);
COMMENT ON VIEW w IS 'w';
COMMENT ON COLUMN v.a IS 'va';
COMMENT ON POLICY p ON t IS 'p';
COMMENT ON TRIGGER g ON t IS 'g';
COMMENT ON INDEX m_a IS 'm_a';
CREATE FUNCTION s() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT a FROM t LIMIT 1; END;
-- new
ALTER TABLE t ALTER COLUMN a TYPE bigint;
CREATE VIEW v AS SELECT id, a FROM t;
CREATE VIEW w AS SELECT a FROM v;
CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
CREATE INDEX m_a ON m (a);
CREATE TRIGGER g BEFORE UPDATE OF a ON t FOR EACH ROW WHEN (NEW.a > 1) EXECUTE FUNCTION f();
CREATE POLICY p ON t USING (a > 0);
CREATE RULE r AS ON UPDATE TO t WHERE NEW.a > 10 DO ALSO INSERT INTO log VALUES (NEW.a);
COMMENT ON VIEW w IS 'w';
COMMENT ON COLUMN v.a IS 'va';
COMMENT ON POLICY p ON t IS 'p';
COMMENT ON TRIGGER g ON t IS 'g';
COMMENT ON INDEX m_a IS 'm_a';
CREATE FUNCTION s() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT a FROM t LIMIT 1; END;

-- case column/type_of_both_ends_of_a_key
CREATE TABLE a (id integer PRIMARY KEY);
CREATE TABLE b (a_id integer REFERENCES a);
INSERT INTO a VALUES (1);
INSERT INTO b VALUES (1);
-- new
ALTER TABLE b DROP CONSTRAINT b_a_id_fkey;
ALTER TABLE a ALTER COLUMN id TYPE text;
ALTER TABLE b ALTER COLUMN a_id TYPE text;
ALTER TABLE b ADD FOREIGN KEY (a_id) REFERENCES a;

-- case column/type_of_both_ends_widened
CREATE TABLE a (id integer PRIMARY KEY);
CREATE TABLE b (a_id integer REFERENCES a);
INSERT INTO a VALUES (1);
INSERT INTO b VALUES (1);
-- new
ALTER TABLE a ALTER COLUMN id TYPE bigint;
ALTER TABLE b ALTER COLUMN a_id TYPE bigint;

-- case column/collation
CREATE TABLE t (a text);
INSERT INTO t VALUES ('x');
CREATE INDEX i ON t (a);
-- new
ALTER TABLE t ALTER COLUMN a TYPE text COLLATE "C";

-- case column/storage
CREATE TABLE t (a text, b numeric);
-- new
ALTER TABLE t ALTER COLUMN a SET STORAGE EXTERNAL, ALTER COLUMN b SET STORAGE EXTENDED;

-- case column/compression
CREATE TABLE t (a text);
-- new
ALTER TABLE t ALTER COLUMN a SET COMPRESSION pglz;

-- case column/statistics
CREATE TABLE t (a text);
-- new
ALTER TABLE t ALTER COLUMN a SET STATISTICS 500;

-- case column/options
CREATE TABLE t (a text);
-- new
ALTER TABLE t ALTER COLUMN a SET (n_distinct = 100, n_distinct_inherited = 5);

-- case column/settings_with_type
-- old
CREATE TABLE t (a varchar(10));
ALTER TABLE t ALTER COLUMN a SET STORAGE MAIN, ALTER COLUMN a SET STATISTICS 7, ALTER COLUMN a SET (n_distinct = 3);
-- new
CREATE TABLE t (a text);
ALTER TABLE t ALTER COLUMN a SET STORAGE EXTERNAL, ALTER COLUMN a SET COMPRESSION pglz, ALTER COLUMN a SET (n_distinct = 4);

-- case column/added_with_settings
CREATE TABLE t (id integer);
-- new
ALTER TABLE t ADD COLUMN a text COLLATE "C" DEFAULT 'x' NOT NULL;
ALTER TABLE t ALTER COLUMN a SET STORAGE EXTERNAL, ALTER COLUMN a SET STATISTICS 7, ALTER COLUMN a SET (n_distinct = 3), ALTER COLUMN a SET COMPRESSION pglz;
COMMENT ON COLUMN t.a IS 'new';

-- case column/generated_add
CREATE TABLE t (a integer);
INSERT INTO t VALUES (1);
-- new
ALTER TABLE t ADD COLUMN b integer GENERATED ALWAYS AS (a * 2) STORED;

-- case column/generated_expr
CREATE TABLE t (a integer);
INSERT INTO t VALUES (1);
-- old
ALTER TABLE t ADD COLUMN b integer GENERATED ALWAYS AS (a * 2) STORED;
CREATE INDEX i ON t (b);
CREATE VIEW v AS SELECT b FROM t;
-- new
ALTER TABLE t ADD COLUMN b integer GENERATED ALWAYS AS (a * 3) STORED;
CREATE INDEX i ON t (b);
CREATE VIEW v AS SELECT b FROM t;

-- case column/generated_dropped
CREATE TABLE t (a integer);
INSERT INTO t VALUES (1);
-- old
ALTER TABLE t ADD COLUMN b integer GENERATED ALWAYS AS (a * 2) STORED;
-- new
ALTER TABLE t ADD COLUMN b integer DEFAULT 3;

-- case column/generated_base_retyped
CREATE TABLE t (a integer, b integer);
INSERT INTO t VALUES (1);
-- old
ALTER TABLE t ADD COLUMN c integer GENERATED ALWAYS AS (a * 2) STORED;
-- new
ALTER TABLE t ALTER COLUMN a TYPE bigint;
ALTER TABLE t ADD COLUMN c integer GENERATED ALWAYS AS (a * 2) STORED;

-- case column/identity_add
CREATE TABLE t (a integer NOT NULL);
-- new
ALTER TABLE t ALTER COLUMN a ADD GENERATED ALWAYS AS IDENTITY;

-- case column/identity_alter
CREATE TABLE t (a integer GENERATED ALWAYS AS IDENTITY, b integer);
-- new
ALTER TABLE t ALTER COLUMN a SET GENERATED BY DEFAULT SET INCREMENT 5 SET START 10 SET CACHE 3;

-- case column/identity_new_column
CREATE TABLE t (b integer);
INSERT INTO t VALUES (1), (2);
-- new
ALTER TABLE t ADD COLUMN a bigint GENERATED BY DEFAULT AS IDENTITY (START WITH 100);

-- case column/identity_type
CREATE TABLE t (a integer GENERATED ALWAYS AS IDENTITY);
INSERT INTO t DEFAULT VALUES;
-- new
ALTER TABLE t ALTER COLUMN a TYPE bigint;

-- case column/serial_to_identity
-- old
CREATE TABLE t (id serial PRIMARY KEY, a text);
INSERT INTO t (a) VALUES ('x'), ('y');
-- new
CREATE TABLE t (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, a text);
INSERT INTO t (a) VALUES ('x'), ('y');

-- case column/serial_added
CREATE TABLE t (a text);
INSERT INTO t VALUES ('x'), ('y');
-- new
ALTER TABLE t ADD COLUMN id serial;

-- case column/serial_to_bigserial
-- old
CREATE TABLE t (id serial PRIMARY KEY);
INSERT INTO t DEFAULT VALUES;
-- new
CREATE TABLE t (id bigserial PRIMARY KEY);
INSERT INTO t DEFAULT VALUES;

-- case column/virtual
-- since 18
CREATE TABLE t (a integer);
-- old
ALTER TABLE t ADD COLUMN b integer GENERATED ALWAYS AS (a * 2) VIRTUAL;
-- new
ALTER TABLE t ADD COLUMN b integer GENERATED ALWAYS AS (a * 4) VIRTUAL;

-- case column/swap_names
-- old
CREATE TABLE t (a integer, b text);
-- new
CREATE TABLE t (a text, b integer);

-- case rename/column
-- old
CREATE TABLE t (id integer, name text);
-- new
CREATE TABLE t (id integer, title text);

-- case quoting/mixed_case
-- old
CREATE SCHEMA "My Schema";
CREATE TABLE "My Schema"."Order" ("select" integer, "a""b" text);
-- new
CREATE SCHEMA "My Schema";
CREATE TABLE "My Schema"."Order" ("select" bigint NOT NULL, "a""b" text DEFAULT 'it''s', "New Col" date);
CREATE INDEX "Idx.1" ON "My Schema"."Order" ("a""b");

-- case column/default_of_a_setting
CREATE TABLE t (a integer);
-- new
ALTER TABLE t ADD COLUMN tenant text;
ALTER TABLE t ALTER COLUMN tenant SET DEFAULT current_setting('app.tenant');
ALTER TABLE t ADD COLUMN owner integer;
ALTER TABLE t ALTER COLUMN owner SET DEFAULT current_setting('app.owner')::integer;
ALTER TABLE t ALTER COLUMN owner SET NOT NULL;
CREATE POLICY p ON t USING (tenant = current_setting('app.tenant'));
