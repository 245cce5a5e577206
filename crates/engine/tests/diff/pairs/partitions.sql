-- Partitioned tables and their partitions.

-- case partition/create
-- new
CREATE TABLE p (id integer, d date, PRIMARY KEY (id, d)) PARTITION BY RANGE (d);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE p2 PARTITION OF p DEFAULT;
CREATE INDEX i ON p (d);

-- case partition/add
CREATE TABLE p (id integer, d integer, PRIMARY KEY (id, d)) PARTITION BY RANGE (d);
CREATE INDEX i ON p (d);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
INSERT INTO p VALUES (1, 1);
-- new
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);

-- case partition/add_under_foreign_key_and_trigger
CREATE TABLE a (id integer PRIMARY KEY);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE p (id integer REFERENCES a, d integer NOT NULL, CHECK (d > 0)) PARTITION BY LIST (d);
CREATE TRIGGER g AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION f();
-- new
CREATE TABLE p2 PARTITION OF p FOR VALUES IN (1, 2);

-- case partition/attach_existing
CREATE TABLE p (id integer NOT NULL, d integer) PARTITION BY RANGE (d);
CREATE INDEX i ON p (d);
CREATE TABLE q (id integer NOT NULL, d integer);
INSERT INTO q VALUES (1, 5);
-- new
ALTER TABLE p ATTACH PARTITION q FOR VALUES FROM (0) TO (10);

-- case partition/attach_with_own_index
CREATE TABLE p (id integer, d integer) PARTITION BY RANGE (d);
CREATE INDEX i ON p (d);
CREATE TABLE q (id integer, d integer);
CREATE INDEX own ON q (d);
-- new
ALTER TABLE p ATTACH PARTITION q FOR VALUES FROM (0) TO (10);

-- case partition/attach_default
CREATE TABLE p (id integer, d integer) PARTITION BY RANGE (d);
CREATE TABLE q (id integer, d integer);
-- new
ALTER TABLE p ATTACH PARTITION q DEFAULT;

-- case partition/detach
CREATE TABLE a (id integer PRIMARY KEY);
CREATE TABLE p (id integer REFERENCES a, d integer NOT NULL, PRIMARY KEY (id, d)) PARTITION BY RANGE (d);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
INSERT INTO a VALUES (1);
INSERT INTO p VALUES (1, 1);
-- new
ALTER TABLE p DETACH PARTITION p1;

-- case partition/bounds
CREATE TABLE p (id integer, d integer, PRIMARY KEY (id, d)) PARTITION BY RANGE (d);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
INSERT INTO p VALUES (1, 1);
-- new
ALTER TABLE p DETACH PARTITION p1;
ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM (0) TO (20);

-- case partition/reparent
CREATE TABLE p (id integer, d integer) PARTITION BY RANGE (d);
CREATE TABLE q (id integer, d integer) PARTITION BY RANGE (d);
CREATE INDEX ip ON p (d);
CREATE INDEX iq ON q (id);
CREATE TABLE p1 (id integer, d integer);
-- old
ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM (0) TO (10);
-- new
ALTER TABLE q ATTACH PARTITION p1 FOR VALUES FROM (0) TO (10);

-- case partition/split
CREATE TABLE p (id integer, d integer) PARTITION BY RANGE (d);
-- old
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (20);
-- new
CREATE TABLE p1a PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE TABLE p1b PARTITION OF p FOR VALUES FROM (10) TO (20);

-- case partition/hash
-- new
CREATE TABLE p (id integer) PARTITION BY HASH (id);
CREATE TABLE p0 PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE p1 PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 1);

-- case partition/sub
-- new
CREATE TABLE p (a integer, b integer, PRIMARY KEY (a, b)) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1) PARTITION BY RANGE (b);
CREATE TABLE p11 PARTITION OF p1 FOR VALUES FROM (0) TO (5);
CREATE INDEX i ON p (b);

-- case partition/sub_added
CREATE TABLE p (a integer, b integer, PRIMARY KEY (a, b)) PARTITION BY LIST (a);
CREATE INDEX i ON p (b);
-- new
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1) PARTITION BY RANGE (b);
CREATE TABLE p11 PARTITION OF p1 FOR VALUES FROM (0) TO (5);

-- case partition/local_index
CREATE TABLE p (a integer, b integer) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
-- new
CREATE INDEX only_here ON p1 (b);

-- case partition/parent_index
CREATE TABLE p (a integer, b integer) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2) PARTITION BY LIST (b);
CREATE TABLE p21 PARTITION OF p2 FOR VALUES IN (1);
INSERT INTO p VALUES (1, 1), (2, 1);
-- new
CREATE INDEX i ON p (b);

-- case partition/parent_index_over_local
CREATE TABLE p (a integer, b integer) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE INDEX p1_own ON p1 (b);
-- new
CREATE INDEX i ON p (b);

-- case partition/parent_index_change
CREATE TABLE p (a integer, b integer) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
-- old
CREATE INDEX i ON p (b);
COMMENT ON INDEX i IS 'i';
-- new
CREATE INDEX i ON p (b DESC);
COMMENT ON INDEX i IS 'i';

-- case partition/parent_key
CREATE TABLE p (a integer NOT NULL, b integer NOT NULL) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
INSERT INTO p VALUES (1, 1);
-- old
ALTER TABLE p ADD PRIMARY KEY (a);
-- new
ALTER TABLE p ADD PRIMARY KEY (a, b);

-- case partition/column
CREATE TABLE p (a integer, b integer) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
INSERT INTO p VALUES (1, 1);
-- new
ALTER TABLE p ADD COLUMN c text DEFAULT 'x' NOT NULL;
ALTER TABLE p ADD CONSTRAINT k CHECK (b > 0);
ALTER TABLE p ALTER COLUMN b SET NOT NULL;
ALTER TABLE p ALTER COLUMN b SET DEFAULT 5;
COMMENT ON COLUMN p1.c IS 'of the partition';

-- case partition/column_type
CREATE TABLE p (a integer, b integer) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
INSERT INTO p VALUES (1, 1);
-- old
CREATE INDEX i ON p (b);
CREATE VIEW v AS SELECT b FROM p1;
-- new
ALTER TABLE p ALTER COLUMN b TYPE bigint;
CREATE INDEX i ON p (b);
CREATE VIEW v AS SELECT b FROM p1;

-- case partition/column_dropped
CREATE TABLE p (a integer, b integer) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE INDEX i ON p (b);
-- new
ALTER TABLE p DROP COLUMN b;

-- case partition/fk_from
CREATE TABLE a (id integer PRIMARY KEY);
CREATE TABLE p (a integer, b integer) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
-- new
ALTER TABLE p ADD FOREIGN KEY (b) REFERENCES a;

-- case partition/fk_to
CREATE TABLE p (a integer, b integer, PRIMARY KEY (a)) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE TABLE r (a integer);
-- new
ALTER TABLE r ADD FOREIGN KEY (a) REFERENCES p;

-- case partition/trigger
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE p (a integer, b integer) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
-- new
CREATE TRIGGER g AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION f();

-- case partition/trigger_disabled_on_partition
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE p (a integer, b integer) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE TRIGGER g AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION f();
-- new
ALTER TABLE p1 DISABLE TRIGGER g;

-- case partition/policy
CREATE TABLE p (a integer, b integer) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
-- new
ALTER TABLE p1 ENABLE ROW LEVEL SECURITY;
CREATE POLICY y ON p1 USING (b > 0);
GRANT SELECT ON p1 TO {alice};

-- case partition/make_partitioned
-- old
CREATE TABLE p (a integer, b integer);
CREATE VIEW v AS SELECT a FROM p;
-- new
CREATE TABLE p (a integer, b integer) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE VIEW v AS SELECT a FROM p;

-- case partition/key_change
-- old
CREATE TABLE p (a integer, b integer) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
INSERT INTO p VALUES (1, 1);
-- new
CREATE TABLE p (a integer, b integer) PARTITION BY LIST (b);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
INSERT INTO p VALUES (1, 1);

-- case partition/drop_all
-- old
CREATE TABLE p (a integer, b serial, PRIMARY KEY (a, b)) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE TABLE r (a integer, b integer, FOREIGN KEY (a, b) REFERENCES p);
INSERT INTO p VALUES (1, 1);

-- case partition/parent_dropped_child_stays
-- old
CREATE TABLE p (a integer, b integer) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
INSERT INTO p VALUES (1, 1);
-- new
CREATE TABLE p1 (a integer, b integer);
INSERT INTO p1 VALUES (1, 1);

-- case partition/key_column_retyped
-- old
CREATE TABLE p (id integer, k integer, PRIMARY KEY (id, k)) PARTITION BY RANGE (k);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE INDEX i ON p (k);
INSERT INTO p VALUES (1, 1);
-- new
CREATE TABLE p (id integer, k bigint, PRIMARY KEY (id, k)) PARTITION BY RANGE (k);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE INDEX i ON p (k);
INSERT INTO p VALUES (1, 1);

-- case partition/key_of_an_enum_that_is_made_anew
-- keeps
-- old
CREATE TYPE level AS ENUM ('a', 'b');
CREATE TABLE t (l level, n int) PARTITION BY LIST (l);
CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('a');
CREATE TABLE t2 PARTITION OF t FOR VALUES IN ('b') PARTITION BY LIST (l);
CREATE TABLE t21 PARTITION OF t2 DEFAULT;
CREATE INDEX i ON t (n);
INSERT INTO t VALUES ('a', 1), ('b', 2);
-- new
CREATE TYPE level AS ENUM ('b', 'a');
CREATE TABLE t (l level, n int) PARTITION BY LIST (l);
CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('a');
CREATE TABLE t2 PARTITION OF t FOR VALUES IN ('b') PARTITION BY LIST (l);
CREATE TABLE t21 PARTITION OF t2 DEFAULT;
CREATE INDEX i ON t (n);

-- case partition/published_and_divided_anew
-- old
CREATE TABLE t (id int, n int, PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10);
CREATE PUBLICATION p FOR TABLE t WITH (publish_via_partition_root = true);
CREATE TABLE r (id int REFERENCES t);
-- new
CREATE TABLE t (id int, n int, PRIMARY KEY (id, n)) PARTITION BY HASH (n);
CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE PUBLICATION p FOR TABLE t WITH (publish_via_partition_root = true);
CREATE TABLE r (id int, n int, FOREIGN KEY (id, n) REFERENCES t);

-- case partition/serial_becomes_identity_and_partitioned
-- old
CREATE TABLE t (id serial PRIMARY KEY, at date);
CREATE TABLE u (id serial PRIMARY KEY, at date);
-- new
CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, at date) PARTITION BY RANGE (at);
CREATE TABLE u (id int NOT NULL, at date) PARTITION BY RANGE (at);
CREATE SEQUENCE u_id_seq AS int OWNED BY u.id;

-- case partition/index_on_the_parent_only
-- old
CREATE TABLE t (id int NOT NULL, a int, b text) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10);
CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20);
CREATE INDEX i ON ONLY t (a);
CREATE INDEX i1 ON t1 (a);
ALTER INDEX i ATTACH PARTITION i1;
CREATE INDEX j ON t (b);
CREATE UNIQUE INDEX k ON ONLY t (id);
-- new
CREATE TABLE t (id int NOT NULL, a int, b text) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10);
CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20);
CREATE INDEX i ON t (a);
CREATE INDEX j ON ONLY t (b);
CREATE INDEX j2 ON t2 (b);
ALTER INDEX j ATTACH PARTITION j2;
CREATE UNIQUE INDEX k ON t (id);

-- case partition/key_within_an_index_that_is_none
CREATE TABLE t (id int, kind text) PARTITION BY LIST (kind);
CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('a');
CREATE TABLE t2 PARTITION OF t FOR VALUES IN ('b');
-- old
CREATE UNIQUE INDEX i ON ONLY t (kind, id);
ALTER TABLE t1 ADD PRIMARY KEY (kind, id);
ALTER INDEX i ATTACH PARTITION t1_pkey;
-- new
CREATE INDEX j ON t (id);

-- case partition/foreign_keys_in_a_circle
-- old
CREATE TABLE t (id int, kind text, other int, UNIQUE (kind, id)) PARTITION BY LIST (kind);
CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('a');
CREATE TABLE u (id int, kind text, PRIMARY KEY (kind, id)) PARTITION BY LIST (kind);
CREATE TABLE u1 PARTITION OF u FOR VALUES IN ('a');
ALTER TABLE t ADD CONSTRAINT t_u FOREIGN KEY (kind, other) REFERENCES u;
ALTER TABLE u ADD CONSTRAINT u_t FOREIGN KEY (kind, id) REFERENCES t (kind, id);
CREATE UNIQUE INDEX one ON u1 (id);
ALTER TABLE t1 ADD CONSTRAINT t1_u1 FOREIGN KEY (id) REFERENCES u1 (id);
-- new
CREATE TABLE v (id int);
