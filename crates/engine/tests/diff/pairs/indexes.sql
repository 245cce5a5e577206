-- Indexes.

-- case index/add
CREATE TABLE t (a integer, b text);
INSERT INTO t VALUES (1, 'x');
-- new
CREATE INDEX i ON t (a);

-- case index/change
CREATE TABLE t (a integer, b text);
-- old
CREATE INDEX i ON t (a);
-- new
CREATE INDEX i ON t (a, b DESC NULLS LAST);

-- case index/unique
CREATE TABLE t (a integer);
-- old
CREATE INDEX i ON t (a);
-- new
CREATE UNIQUE INDEX i ON t (a);

-- case index/expression
CREATE TABLE t (a text);
-- new
CREATE INDEX i ON t (lower(a), (a || 'x'));

-- case index/partial
CREATE TABLE t (a integer, b boolean);
-- old
CREATE INDEX i ON t (a);
-- new
CREATE INDEX i ON t (a) WHERE b;

-- case index/include
CREATE TABLE t (a integer, b integer);
-- new
CREATE UNIQUE INDEX i ON t (a) INCLUDE (b);

-- case index/nulls_not_distinct
-- since 15
CREATE TABLE t (a integer);
-- old
CREATE UNIQUE INDEX i ON t (a);
-- new
CREATE UNIQUE INDEX i ON t (a) NULLS NOT DISTINCT;

-- case index/opclass
CREATE TABLE t (a text);
-- old
CREATE INDEX i ON t (a);
-- new
CREATE INDEX i ON t (a text_pattern_ops);

-- case index/collation
CREATE TABLE t (a text);
-- old
CREATE INDEX i ON t (a);
-- new
CREATE INDEX i ON t (a COLLATE "C");

-- case index/gin
CREATE TABLE t (a integer[], d jsonb);
-- new
CREATE INDEX i ON t USING gin (a);
CREATE INDEX j ON t USING gin (d jsonb_path_ops);

-- case index/method
CREATE TABLE t (a integer);
-- old
CREATE INDEX i ON t (a);
-- new
CREATE INDEX i ON t USING hash (a);

-- case index/options
CREATE TABLE t (a integer);
-- old
CREATE INDEX i ON t (a) WITH (fillfactor = 50);
-- new
CREATE INDEX i ON t (a) WITH (deduplicate_items = off);

-- case index/statistics
CREATE TABLE t (a integer);
CREATE INDEX i ON t ((a + 1));
-- new
ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 200;

-- case index/cluster_on
CREATE TABLE t (a integer, b integer);
CREATE INDEX i ON t (a);
CREATE INDEX j ON t (b);
-- old
ALTER TABLE t CLUSTER ON i;
-- new
ALTER TABLE t CLUSTER ON j;

-- case index/cluster
CREATE TABLE t (a integer, b integer);
CREATE INDEX i ON t (a);
-- new
ALTER TABLE t CLUSTER ON i;

-- case index/clustered_change
CREATE TABLE t (a integer, b integer NOT NULL);
-- old
CREATE INDEX i ON t (a);
ALTER TABLE t CLUSTER ON i;
CREATE UNIQUE INDEX u ON t (b);
ALTER TABLE t REPLICA IDENTITY USING INDEX u;
-- new
CREATE INDEX i ON t (b);
ALTER TABLE t CLUSTER ON i;
CREATE UNIQUE INDEX u ON t (b) INCLUDE (a);
ALTER TABLE t REPLICA IDENTITY USING INDEX u;

-- case index/comment
CREATE TABLE t (a integer);
CREATE INDEX i ON t (a);
-- new
COMMENT ON INDEX i IS 'fast';

-- case index/change_keeps_comment
CREATE TABLE t (a integer, b integer);
-- old
CREATE INDEX i ON t (a);
COMMENT ON INDEX i IS 'fast';
-- new
CREATE INDEX i ON t (b);
COMMENT ON INDEX i IS 'fast';

-- case index/rename
CREATE TABLE t (a integer);
-- old
CREATE INDEX i ON t (a);
COMMENT ON INDEX i IS 'fast';
-- new
CREATE INDEX j ON t (a);

-- case index/referenced_change
CREATE TABLE t (a integer, b integer);
CREATE TABLE r (a integer);
-- old
CREATE UNIQUE INDEX u ON t (a);
ALTER TABLE r ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES t (a);
-- new
CREATE UNIQUE INDEX u ON t (a) INCLUDE (b);
ALTER TABLE r ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES t (a);

-- case index/new_column
CREATE TABLE t (a integer);
-- old
ALTER TABLE t ADD COLUMN b integer;
CREATE INDEX i ON t (b);
-- new
ALTER TABLE t ADD COLUMN c integer;
CREATE INDEX i ON t (c);

-- case index/name_moves
CREATE TABLE s (a integer);
CREATE TABLE t (a integer);
-- old
CREATE INDEX i ON s (a);
-- new
CREATE INDEX i ON t (a);

-- case index/uses_function
CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE TABLE t (a integer);
-- old
CREATE INDEX i ON t (f(a));
-- new
DROP FUNCTION f(integer);
CREATE FUNCTION f(integer) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1::bigint';
CREATE INDEX i ON t (f(a));

-- case index/materialized
CREATE TABLE t (a integer, b integer);
CREATE MATERIALIZED VIEW m AS SELECT * FROM t;
-- old
CREATE INDEX i ON m (a);
-- new
CREATE INDEX i ON m (b);
CREATE UNIQUE INDEX u ON m (a);

-- case index/options_in_order
CREATE TABLE t (a integer);
-- old
CREATE INDEX i ON t (a) WITH (fillfactor = 50, deduplicate_items = off);
-- new
CREATE INDEX i ON t (a) WITH (deduplicate_items = on, fillfactor = 50);
