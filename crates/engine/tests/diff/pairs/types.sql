-- Types.

-- case enum/create
-- new
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE t (m mood DEFAULT 'ok');

-- case enum/add_value
-- old
CREATE TYPE mood AS ENUM ('sad', 'ok');
-- new
CREATE TYPE mood AS ENUM ('worst', 'sad', 'so so', 'ok', 'it''s fine', 'great');

-- case enum/add_value_used
-- old
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE t (m mood DEFAULT 'ok');
INSERT INTO t VALUES ('sad');
-- new
CREATE TYPE mood AS ENUM ('sad', 'ok', 'great');
CREATE TABLE t (m mood DEFAULT 'great');
CREATE INDEX i ON t (m) WHERE m <> 'great';

-- case enum/rename_value
-- old
CREATE TYPE mood AS ENUM ('sad', 'ok', 'great');
CREATE TABLE t (m mood);
INSERT INTO t VALUES ('sad');
-- new
CREATE TYPE mood AS ENUM ('sad', 'fine', 'great');
CREATE TABLE t (m mood);
INSERT INTO t VALUES ('sad');

-- case enum/drop_value_used
-- old
CREATE TYPE mood AS ENUM ('sad', 'ok', 'great');
CREATE TABLE t (id integer, m mood DEFAULT 'ok', l mood[] DEFAULT '{ok}');
INSERT INTO t VALUES (1, 'ok', '{sad}');
CREATE INDEX i ON t (m) WHERE m = 'ok';
CREATE VIEW v AS SELECT m FROM t WHERE m > 'sad';
ALTER TABLE t ADD CONSTRAINT c CHECK (m <> 'sad');
CREATE FUNCTION f(mood) RETURNS mood LANGUAGE sql AS 'SELECT $1';
CREATE DOMAIN d AS mood DEFAULT 'ok' CHECK (VALUE <> 'sad');
CREATE TABLE u (x d);
COMMENT ON TYPE mood IS 'mood';
-- new
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE t (id integer, m mood DEFAULT 'ok', l mood[] DEFAULT '{ok}');
INSERT INTO t VALUES (1, 'ok', '{sad}');
CREATE INDEX i ON t (m) WHERE m = 'ok';
CREATE VIEW v AS SELECT m FROM t WHERE m > 'sad';
ALTER TABLE t ADD CONSTRAINT c CHECK (m <> 'sad');
CREATE FUNCTION f(mood) RETURNS mood LANGUAGE sql AS 'SELECT $1';
CREATE DOMAIN d AS mood DEFAULT 'ok' CHECK (VALUE <> 'sad');
CREATE TABLE u (x d);
COMMENT ON TYPE mood IS 'mood';

-- case enum/reorder
-- old
CREATE TYPE mood AS ENUM ('a', 'b', 'c');
CREATE TABLE t (m mood);
INSERT INTO t VALUES ('a');
-- new
CREATE TYPE mood AS ENUM ('c', 'b', 'a');
CREATE TABLE t (m mood);
INSERT INTO t VALUES ('a');

-- case enum/unused_value_dropped
-- old
CREATE TYPE mood AS ENUM ('a', 'b', 'c');
CREATE FUNCTION f(mood) RETURNS integer LANGUAGE sql AS 'SELECT 1';
-- new
CREATE TYPE mood AS ENUM ('a', 'c');
CREATE FUNCTION f(mood) RETURNS integer LANGUAGE sql AS 'SELECT 1';

-- case enum/to_text
-- old
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE TABLE t (m mood DEFAULT 'a');
INSERT INTO t VALUES ('b');
-- new
CREATE TABLE t (m text DEFAULT 'a');
INSERT INTO t VALUES ('b');

-- case enum/to_other_enum
-- old
CREATE TYPE one AS ENUM ('a', 'b');
CREATE TABLE t (m one DEFAULT 'a');
INSERT INTO t VALUES ('b');
-- new
CREATE TYPE two AS ENUM ('a', 'b', 'c');
CREATE TABLE t (m two DEFAULT 'a');
INSERT INTO t VALUES ('b');

-- case composite/create
-- new
CREATE TYPE y AS (a integer, b text COLLATE "C");

-- case composite/alter
-- old
CREATE TYPE y AS (a integer, b text);
-- new
CREATE TYPE y AS (a bigint, c date);

-- case composite/alter_used
-- old
CREATE TYPE y AS (a integer, b text);
CREATE TABLE t (v y);
INSERT INTO t VALUES (ROW(1, 'x'));
-- new
CREATE TYPE y AS (a bigint, b text, c date);
CREATE TABLE t (v y);
INSERT INTO t VALUES (ROW(1, 'x', NULL));

-- case composite/attribute_added_used
-- old
CREATE TYPE y AS (a integer, b text);
CREATE TABLE t (v y, w y[]);
CREATE FUNCTION f(y) RETURNS integer LANGUAGE sql AS 'SELECT $1.a';
INSERT INTO t VALUES (ROW(1, 'x'));
-- new
CREATE TYPE y AS (a integer, b text, c date);
CREATE TABLE t (v y, w y[]);
CREATE FUNCTION f(y) RETURNS integer LANGUAGE sql AS 'SELECT $1.a';
INSERT INTO t VALUES (ROW(1, 'x', NULL));

-- case composite/comment
CREATE TYPE y AS (a integer);
-- new
COMMENT ON TYPE y IS 'y';
COMMENT ON COLUMN y.a IS 'a';

-- case domain/create
-- new
CREATE DOMAIN d AS integer DEFAULT 3 NOT NULL CONSTRAINT positive CHECK (VALUE > 0);
CREATE TABLE t (a d);

-- case domain/constraint
-- old
CREATE DOMAIN d AS integer CONSTRAINT one CHECK (VALUE > 0);
CREATE TABLE t (a d);
-- new
CREATE DOMAIN d AS integer CONSTRAINT two CHECK (VALUE > 1);
CREATE TABLE t (a d);

-- case domain/constraint_change
-- old
CREATE DOMAIN d AS integer CONSTRAINT c CHECK (VALUE > 0);
COMMENT ON CONSTRAINT c ON DOMAIN d IS 'c';
-- new
CREATE DOMAIN d AS integer CONSTRAINT c CHECK (VALUE > 1);
COMMENT ON CONSTRAINT c ON DOMAIN d IS 'c';

-- case domain/not_valid
CREATE DOMAIN d AS integer;
-- old
ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0) NOT VALID;
-- new
ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0);

-- case domain/default_and_not_null
-- old
CREATE DOMAIN d AS integer DEFAULT 1;
-- new
CREATE DOMAIN d AS integer NOT NULL;

-- case domain/default
-- old
CREATE DOMAIN d AS integer DEFAULT 1;
-- new
CREATE DOMAIN d AS integer DEFAULT 2;

-- case domain/base
-- old
CREATE DOMAIN d AS integer CHECK (VALUE > 0);
CREATE TABLE t (a d DEFAULT 4);
INSERT INTO t VALUES (7);
CREATE VIEW v AS SELECT a FROM t;
-- new
CREATE DOMAIN d AS bigint CHECK (VALUE > 0);
CREATE TABLE t (a d DEFAULT 4);
INSERT INTO t VALUES (7);
CREATE VIEW v AS SELECT a FROM t;

-- case domain/from_base_type
CREATE DOMAIN d AS text CHECK (VALUE <> '');
-- old
CREATE TABLE t (a text DEFAULT 'x');
INSERT INTO t VALUES ('y');
-- new
CREATE TABLE t (a d DEFAULT 'x');
INSERT INTO t VALUES ('y');

-- case range/create
-- new
CREATE TYPE r AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);
CREATE TABLE t (a r);

-- case range/change
-- old
CREATE TYPE r AS RANGE (SUBTYPE = integer);
CREATE TABLE t (a r, b r[]);
INSERT INTO t VALUES ('[1,2)');
-- new
CREATE TYPE r AS RANGE (SUBTYPE = bigint, MULTIRANGE_TYPE_NAME = rr);
CREATE TABLE t (a r, b r[]);
INSERT INTO t VALUES ('[1,2)');

-- case type/kind
-- old
CREATE TYPE k AS ENUM ('a', 'b');
CREATE TABLE t (x k);
INSERT INTO t VALUES ('a');
-- new
CREATE DOMAIN k AS text CHECK (VALUE IN ('a', 'b'));
CREATE TABLE t (x k);
INSERT INTO t VALUES ('a');

-- case type/other_schema
CREATE SCHEMA s;
-- old
CREATE TYPE mood AS ENUM ('a');
CREATE TABLE t (m mood);
-- new
CREATE TYPE s.mood AS ENUM ('a');
CREATE TABLE t (m s.mood);

-- case type/shell
-- new
CREATE TYPE shell;

-- case collation/create
-- new
CREATE COLLATION c (LOCALE = 'C');
CREATE TABLE t (a text COLLATE c);

-- case collation/change
-- old
CREATE COLLATION c (LOCALE = 'C');
CREATE TABLE t (a text COLLATE c);
CREATE INDEX i ON t (a);
INSERT INTO t VALUES ('x');
-- new
CREATE COLLATION c (LOCALE = 'POSIX');
CREATE TABLE t (a text COLLATE c);
CREATE INDEX i ON t (a);
INSERT INTO t VALUES ('x');

-- case domain/not_null_named
-- since 17
-- old
CREATE DOMAIN d AS integer CONSTRAINT must NOT NULL;
CREATE DOMAIN e AS integer CONSTRAINT must NOT NULL;
-- new
CREATE DOMAIN d AS integer NOT NULL;
CREATE DOMAIN e AS integer;

-- case domain/constraint_in_containers
-- old
CREATE DOMAIN code AS text CHECK (VALUE <> '');
CREATE DOMAIN narrow AS code;
CREATE TYPE pair AS (a code, b int);
CREATE TABLE t (id int PRIMARY KEY, c code, many code[], one pair, all_of pair[]);
CREATE TABLE gone (many narrow[]);
CREATE VIEW v AS SELECT id, (one).a FROM t;
INSERT INTO t VALUES (1, 'x', '{y}', ROW('z', 1), NULL);
-- new
CREATE DOMAIN code AS text CHECK (VALUE <> '') CONSTRAINT short CHECK (length(VALUE) < 10);
CREATE DOMAIN narrow AS code;
CREATE TYPE pair AS (a code, b int);
CREATE TABLE t (id int PRIMARY KEY, c code, many code[], one pair, all_of pair[]);
CREATE TABLE made (many narrow[]);
CREATE VIEW v AS SELECT id, (one).a FROM t;

-- case domain/constraint_while_containers_come_and_go
-- old
CREATE DOMAIN code AS text;
CREATE TYPE pair AS (a code, b int);
CREATE TABLE t (id int PRIMARY KEY, c code, one pair);
CREATE TABLE gone (many code[]);
-- new
CREATE DOMAIN code AS text NOT NULL CONSTRAINT short CHECK (length(VALUE) < 10);
CREATE TYPE pair AS (a code, b int);
CREATE TABLE t (id int PRIMARY KEY, c code, two code[]);
CREATE TABLE made (one pair);

-- case range/used_and_made_anew
-- old
CREATE TYPE span AS RANGE (SUBTYPE = numeric);
CREATE TABLE t (a span, b span_multirange);
-- new
CREATE FUNCTION apart(numeric, numeric) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT ($1 - $2)::float8';
CREATE TYPE span AS RANGE (SUBTYPE = numeric, SUBTYPE_DIFF = apart);
CREATE TABLE t (a span, b span_multirange, c span);

-- case range/used_and_made_anew_with_another_multirange
-- old
CREATE TYPE span AS RANGE (SUBTYPE = numeric);
CREATE TABLE t (a span);
-- new
CREATE TYPE span AS RANGE (SUBTYPE = numeric, MULTIRANGE_TYPE_NAME = spans);
CREATE TABLE t (a span);

-- case collation/of_a_domain_that_changes
-- old
CREATE COLLATION other (locale = 'C');
CREATE DOMAIN d AS text COLLATE other;
CREATE TABLE t (a d);
-- new
CREATE DOMAIN d AS text;
CREATE TABLE t (a d);

-- case enum/shared_by_both_ends_of_a_key
-- keeps
-- old
CREATE TYPE level AS ENUM ('a', 'b');
CREATE TABLE k (l level PRIMARY KEY);
CREATE TABLE t (l level REFERENCES k);
CREATE CAST (text AS level) WITH INOUT AS ASSIGNMENT;
INSERT INTO k VALUES ('a');
INSERT INTO t VALUES ('a');
-- new
CREATE TYPE level AS ENUM ('b', 'a');
CREATE TABLE k (l level PRIMARY KEY);
CREATE TABLE t (l level REFERENCES k);
CREATE CAST (text AS level) WITH INOUT AS IMPLICIT;

-- case composite/attribute_retyped_before_tables_have_it
-- old
CREATE TYPE pair AS (a int, b text);
CREATE TABLE gone (p pair);
CREATE TABLE t (id int);
-- new
CREATE TYPE pair AS (a bigint, b text);
CREATE TABLE a_first (p pair, q pair[]);
CREATE TABLE t (id int, p pair);
