-- Everything else: operators, casts, text search, foreign data, publications, statistics and the like.

-- case cast/create
-- new
CREATE TYPE y AS ENUM ('a');
CREATE FUNCTION f(y) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE CAST (y AS integer) WITH FUNCTION f(y) AS ASSIGNMENT;

-- case cast/change
CREATE TYPE y AS ENUM ('a');
CREATE FUNCTION f(y) RETURNS integer LANGUAGE sql AS 'SELECT 1';
-- old
CREATE CAST (y AS integer) WITH FUNCTION f(y) AS ASSIGNMENT;
-- new
CREATE CAST (y AS integer) WITH INOUT AS IMPLICIT;

-- case operator/create
-- new
CREATE FUNCTION f(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2';
CREATE OPERATOR === (LEFTARG = integer, RIGHTARG = integer, FUNCTION = f, COMMUTATOR = ===);
CREATE VIEW v AS SELECT 1 === 2 AS a;

-- case operator/estimators
CREATE FUNCTION f(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2';
-- old
CREATE OPERATOR === (LEFTARG = integer, RIGHTARG = integer, FUNCTION = f, RESTRICT = eqsel);
-- new
CREATE OPERATOR === (LEFTARG = integer, RIGHTARG = integer, FUNCTION = f, RESTRICT = neqsel, JOIN = eqjoinsel);

-- case operator/class
CREATE FUNCTION f(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 - $2';
-- new
CREATE OPERATOR FAMILY fam USING btree;
CREATE OPERATOR CLASS cls FOR TYPE integer USING btree FAMILY fam AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 f(integer, integer);
CREATE TABLE t (a integer);
CREATE INDEX i ON t (a cls);

-- case operator/family_members
CREATE OPERATOR FAMILY fam USING btree;
-- new
ALTER OPERATOR FAMILY fam USING btree ADD OPERATOR 1 < (int4, int2), FUNCTION 1 btint42cmp(int4, int2);

-- case statistics/create
CREATE TABLE t (a integer, b integer);
-- new
CREATE STATISTICS s (dependencies, ndistinct) ON a, b FROM t;

-- case statistics/change
CREATE TABLE t (a integer, b integer);
-- old
CREATE STATISTICS s ON a, b FROM t;
CREATE STATISTICS u ON a, b FROM t;
-- new
CREATE STATISTICS s (mcv) ON a, b FROM t;
CREATE STATISTICS u ON a, b FROM t;
ALTER STATISTICS u SET STATISTICS 77;

-- case textsearch/config
-- new
CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple, STOPWORDS = english);
CREATE TEXT SEARCH CONFIGURATION c (PARSER = "default");
ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR asciiword, word WITH d, simple;
CREATE TABLE t (a text);
CREATE INDEX i ON t USING gin (to_tsvector('c', a));

-- case textsearch/change
-- old
CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple, STOPWORDS = english);
CREATE TEXT SEARCH CONFIGURATION c (PARSER = "default");
ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR asciiword, word WITH d, simple;
-- new
CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple, ACCEPT = false);
CREATE TEXT SEARCH CONFIGURATION c (PARSER = "default");
ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR asciiword WITH simple;
ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR email WITH d;

-- case fdw/server_table
-- new
CREATE FOREIGN DATA WRAPPER w OPTIONS (debug 'true');
CREATE SERVER s TYPE 'x' VERSION '1' FOREIGN DATA WRAPPER w OPTIONS (host 'h');
CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (password 'p');
CREATE FOREIGN TABLE t (a integer OPTIONS (x 'y') NOT NULL, b text) SERVER s OPTIONS (name 'n');

-- case fdw/change
-- old
CREATE FOREIGN DATA WRAPPER w OPTIONS (debug 'true');
CREATE SERVER s VERSION '1' FOREIGN DATA WRAPPER w OPTIONS (host 'h', port '1');
CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (password 'p');
CREATE FOREIGN TABLE t (a integer OPTIONS (x 'y'), b text) SERVER s OPTIONS (name 'n');
-- new
CREATE FOREIGN DATA WRAPPER w OPTIONS (debug 'false', more '1') ;
CREATE SERVER s VERSION '2' FOREIGN DATA WRAPPER w OPTIONS (host 'i', dbname 'd');
CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (username 'u');
CREATE FOREIGN TABLE t (a bigint OPTIONS (z 'y') NOT NULL, c text DEFAULT 'x') SERVER s OPTIONS (name 'm');

-- case fdw/other_server
CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER s FOREIGN DATA WRAPPER w;
CREATE SERVER r FOREIGN DATA WRAPPER w;
-- old
CREATE FOREIGN TABLE t (a integer) SERVER s;
CREATE VIEW v AS SELECT a FROM t;
-- new
CREATE FOREIGN TABLE t (a integer) SERVER r;
CREATE VIEW v AS SELECT a FROM t;

-- case publication/create
CREATE TABLE t (a integer PRIMARY KEY);
-- new
CREATE PUBLICATION p FOR TABLE t WITH (publish = 'insert, update');

-- case publication/tables
CREATE TABLE t (a integer PRIMARY KEY);
CREATE TABLE u (a integer PRIMARY KEY);
-- old
CREATE PUBLICATION p FOR TABLE t;
-- new
CREATE PUBLICATION p FOR TABLE u WITH (publish = 'insert', publish_via_partition_root = true);

-- case publication/parts
-- since 15
CREATE TABLE t (a integer PRIMARY KEY, b integer);
CREATE SCHEMA s;
-- old
CREATE PUBLICATION p FOR TABLE t;
-- new
CREATE PUBLICATION p FOR TABLE t WHERE (a > 0), TABLES IN SCHEMA s;

-- case publication/column_list
-- since 15
CREATE TABLE t (a integer PRIMARY KEY, b integer);
-- old
CREATE PUBLICATION p FOR TABLE t (a);
-- new
CREATE PUBLICATION p FOR TABLE t (a, b);

-- case publication/retyped_column
-- since 15
CREATE TABLE t (a integer PRIMARY KEY, b integer);
-- old
CREATE PUBLICATION p FOR TABLE t WHERE (a > 0);
-- new
ALTER TABLE t ALTER COLUMN a TYPE bigint;
CREATE PUBLICATION p FOR TABLE t WHERE (a > 0);

-- case publication/dropped_table
CREATE TABLE u (a integer PRIMARY KEY);
-- old
CREATE TABLE t (a integer PRIMARY KEY);
CREATE PUBLICATION p FOR TABLE t, u;
-- new
CREATE PUBLICATION p FOR TABLE u;

-- case publication/all_tables
-- old
CREATE PUBLICATION p;
-- new
CREATE PUBLICATION p FOR ALL TABLES;

-- case subscription/create
-- new
CREATE SUBSCRIPTION s CONNECTION 'host=nowhere' PUBLICATION p WITH (connect = false, slot_name = NONE, enabled = false, create_slot = false);

-- case subscription/change
-- old
CREATE SUBSCRIPTION s CONNECTION 'host=nowhere' PUBLICATION p WITH (connect = false, slot_name = NONE, enabled = false, create_slot = false);
-- new
CREATE SUBSCRIPTION s CONNECTION 'host=elsewhere' PUBLICATION p, q WITH (connect = false, slot_name = NONE, enabled = false, create_slot = false, binary = true);

-- case conversion/create
-- new
CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;

-- case conversion/default
-- old
CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
-- new
CREATE DEFAULT CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;

-- case language/create
-- new
CREATE LANGUAGE l HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;

-- case language/change
-- old
CREATE LANGUAGE l HANDLER plpgsql_call_handler;
-- new
CREATE LANGUAGE l HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;

-- case transform/create
-- new
CREATE TRANSFORM FOR integer LANGUAGE plpgsql (FROM SQL WITH FUNCTION prsd_lextype(internal));

-- case access_method/create
-- new
CREATE ACCESS METHOD h TYPE TABLE HANDLER heap_tableam_handler;
CREATE TABLE t (a integer) USING h;

-- case access_method/change
-- since 15
CREATE ACCESS METHOD h TYPE TABLE HANDLER heap_tableam_handler;
CREATE TABLE t (a integer);
INSERT INTO t VALUES (1);
-- new
ALTER TABLE t SET ACCESS METHOD h;

-- case fdw/enum_column
CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER s FOREIGN DATA WRAPPER w;
-- old
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE FOREIGN TABLE t (m mood, n text) SERVER s;
-- new
CREATE TYPE mood AS ENUM ('a', 'c', 'd');
CREATE FOREIGN TABLE t (m mood, n integer) SERVER s;

-- case publication/columns_in_another_order
-- since 15
-- old
CREATE TABLE t (gone text NOT NULL, id int PRIMARY KEY);
CREATE PUBLICATION p FOR TABLE t (id, gone);
-- new
CREATE TABLE t (id int PRIMARY KEY);
CREATE PUBLICATION p FOR TABLE t (id);

-- case extension/that_another_needs
-- old
CREATE EXTENSION cube;
CREATE EXTENSION earthdistance;
-- new
