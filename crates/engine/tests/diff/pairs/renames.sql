-- Objects that are declared to have another name, and those whose other name loses nothing anyway. Nothing is to be
-- lost, but where a case says so (`-- loses`).

-- case renames/table
-- rename relation public.t public.u
-- old
CREATE TABLE t (id serial PRIMARY KEY, a text UNIQUE, CHECK (a <> ''));
CREATE INDEX i ON t (lower(a)) WHERE id > 5;
CREATE TABLE r (t_id integer REFERENCES t);
CREATE VIEW v AS SELECT id, t.a FROM t JOIN r ON r.t_id = t.id;
CREATE FUNCTION f(t) RETURNS integer LANGUAGE sql AS 'SELECT 1';
COMMENT ON TABLE t IS 'x';
COMMENT ON COLUMN t.a IS 'y';
GRANT SELECT ON t TO {alice};
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON t USING (id > 0);
CREATE STATISTICS s ON id, a FROM t;
INSERT INTO t (a) VALUES ('q');
INSERT INTO r VALUES (1);
-- new
CREATE TABLE u (id serial PRIMARY KEY, a text UNIQUE, CHECK (a <> ''));
CREATE INDEX i ON u (lower(a)) WHERE id > 5;
CREATE TABLE r (t_id integer REFERENCES u);
CREATE VIEW v AS SELECT id, u.a FROM u JOIN r ON r.t_id = u.id;
CREATE FUNCTION f(u) RETURNS integer LANGUAGE sql AS 'SELECT 1';
COMMENT ON TABLE u IS 'x';
COMMENT ON COLUMN u.a IS 'y';
GRANT SELECT ON u TO {alice};
ALTER TABLE u ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON u USING (id > 0);
CREATE STATISTICS s ON id, a FROM u;
INSERT INTO u (a) VALUES ('q');
INSERT INTO r VALUES (1);

-- case renames/table_to_new_schema
-- rename relation public.t s.u
-- old
CREATE TABLE t (id integer PRIMARY KEY, a text);
CREATE INDEX i ON t (a);
INSERT INTO t VALUES (1, 'x');
CREATE VIEW v AS SELECT id FROM t;
-- new
CREATE SCHEMA s;
CREATE TABLE s.u (id integer PRIMARY KEY, a text NOT NULL);
CREATE INDEX i ON s.u (a);
INSERT INTO s.u VALUES (1, 'x');
CREATE VIEW v AS SELECT id FROM s.u;

-- case renames/column
-- rename column public.t a b
-- old
CREATE TABLE t (id integer PRIMARY KEY, a text DEFAULT 'x' NOT NULL, CONSTRAINT c CHECK (a <> 'a'), CONSTRAINT k UNIQUE (a));
CREATE INDEX i ON t (lower(a), id);
CREATE VIEW v AS SELECT t.id, t.a FROM t WHERE t.a > 'b';
CREATE TABLE r (x text, CONSTRAINT f FOREIGN KEY (x) REFERENCES t (a));
CREATE POLICY p ON t USING (a > 'c');
COMMENT ON COLUMN t.a IS 'y';
GRANT UPDATE (a) ON t TO {alice};
INSERT INTO t (id) VALUES (1);
-- new
CREATE TABLE t (id integer PRIMARY KEY, b text DEFAULT 'x' NOT NULL, CONSTRAINT c CHECK (b <> 'a'), CONSTRAINT k UNIQUE (b));
CREATE INDEX i ON t (lower(b), id);
CREATE VIEW v AS SELECT t.id, t.b AS a FROM t WHERE t.b > 'b';
CREATE TABLE r (x text, CONSTRAINT f FOREIGN KEY (x) REFERENCES t (b));
CREATE POLICY p ON t USING (b > 'c');
COMMENT ON COLUMN t.b IS 'y';
GRANT UPDATE (b) ON t TO {alice};
INSERT INTO t (id) VALUES (1);

-- case renames/column_and_view_column
-- loses
-- rename column public.t a b
-- old
CREATE TABLE t (a text);
CREATE VIEW v AS SELECT a FROM t;
INSERT INTO t VALUES ('x');
-- new
CREATE TABLE t (b varchar(9));
CREATE VIEW v AS SELECT b FROM t;
INSERT INTO t VALUES ('x');

-- case renames/column_of_serial
-- rename column public.t id key
-- old
CREATE TABLE t (id serial);
INSERT INTO t DEFAULT VALUES;
-- new
CREATE TABLE t (key serial);
INSERT INTO t DEFAULT VALUES;

-- case renames/inherited_column
-- rename column public.p a b
-- old
CREATE TABLE p (a integer, k integer) PARTITION BY LIST (k);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE INDEX i ON p (a);
INSERT INTO p VALUES (1, 1);
-- new
CREATE TABLE p (b integer, k integer) PARTITION BY LIST (k);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE INDEX i ON p (b);
INSERT INTO p VALUES (1, 1);

-- case renames/partition
-- rename relation public.p1 public.p_one
-- old
CREATE TABLE p (a integer, k integer) PARTITION BY LIST (k);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
INSERT INTO p VALUES (1, 1);
-- new
CREATE TABLE p (a integer, k integer) PARTITION BY LIST (k);
CREATE TABLE p_one PARTITION OF p FOR VALUES IN (1);
INSERT INTO p VALUES (1, 1);

-- case renames/type
-- loses
-- rename type public.mood public.feeling
-- old
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE TABLE t (m mood DEFAULT 'a', n mood[]);
CREATE FUNCTION f(mood) RETURNS mood LANGUAGE sql AS 'SELECT $1';
CREATE INDEX i ON t (m) WHERE m = 'a';
INSERT INTO t VALUES ('b');
-- new
CREATE TYPE feeling AS ENUM ('a', 'b', 'c');
CREATE TABLE t (m feeling DEFAULT 'a', n feeling[]);
CREATE FUNCTION f(feeling) RETURNS feeling LANGUAGE sql AS 'SELECT $1';
CREATE INDEX i ON t (m) WHERE m = 'a';
INSERT INTO t VALUES ('b');

-- case renames/schema
-- rename schema s z
-- old
CREATE SCHEMA s;
CREATE TYPE s.mood AS ENUM ('a', 'b');
CREATE TABLE s.t (id serial PRIMARY KEY, m s.mood DEFAULT 'a');
CREATE VIEW s.v AS SELECT m FROM s.t;
CREATE FUNCTION s.f() RETURNS s.mood LANGUAGE sql BEGIN ATOMIC SELECT m FROM s.v; END;
INSERT INTO s.t DEFAULT VALUES;
-- new
CREATE SCHEMA z;
CREATE TYPE z.mood AS ENUM ('a', 'b');
CREATE TABLE z.t (id serial PRIMARY KEY, m z.mood DEFAULT 'a');
CREATE VIEW z.v AS SELECT m FROM z.t;
CREATE FUNCTION z.f() RETURNS z.mood LANGUAGE sql BEGIN ATOMIC SELECT m FROM z.v; END;
INSERT INTO z.t DEFAULT VALUES;

-- case renames/routine
-- rename routine public.f(integer) public.g(integer)
-- old
CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE TABLE t (a integer, CHECK (f(a) > 0));
CREATE INDEX i ON t (f(a));
CREATE VIEW v AS SELECT f(a) AS f FROM t;
-- new
CREATE FUNCTION g(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE TABLE t (a integer, CHECK (g(a) > 0));
CREATE INDEX i ON t (g(a));
CREATE VIEW v AS SELECT g(a) AS f FROM t;

-- case renames/sequence
-- rename relation public.s public.q
-- old
CREATE SEQUENCE s;
CREATE TABLE t (id integer DEFAULT nextval('s'));
-- new
CREATE SEQUENCE q;
CREATE TABLE t (id integer DEFAULT nextval('q'));

-- case renames/index_and_key_by_themselves
-- old
CREATE TABLE t (a integer CONSTRAINT k1 PRIMARY KEY, b integer, CONSTRAINT c1 CHECK (b > 0), CONSTRAINT u1 UNIQUE (b));
CREATE INDEX i1 ON t (b) WHERE b > 3;
COMMENT ON INDEX i1 IS 'i';
CREATE TABLE r (x integer CONSTRAINT f1 REFERENCES t);
ALTER TABLE t REPLICA IDENTITY USING INDEX k1;
-- new
CREATE TABLE t (a integer CONSTRAINT k2 PRIMARY KEY, b integer, CONSTRAINT c2 CHECK (b > 0), CONSTRAINT u2 UNIQUE (b));
CREATE INDEX i2 ON t (b) WHERE b > 3;
COMMENT ON INDEX i2 IS 'i';
CREATE TABLE r (x integer CONSTRAINT f2 REFERENCES t);
ALTER TABLE t REPLICA IDENTITY USING INDEX k2;

-- case renames/trigger
-- rename trigger public.t g h
CREATE TABLE t (a integer);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
-- old
CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
COMMENT ON TRIGGER g ON t IS 'g';
-- new
CREATE TRIGGER h BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
COMMENT ON TRIGGER h ON t IS 'g';
