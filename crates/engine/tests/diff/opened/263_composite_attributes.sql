-- old
CREATE TYPE inner_t AS (a int, b text);
CREATE TYPE mid_t AS (i inner_t, n numeric(4,1));
CREATE TYPE outer_t AS (m mid_t[], at timestamp);
CREATE TABLE holder (id int PRIMARY KEY, o outer_t, i inner_t DEFAULT ROW(1, 'x'), CHECK ((i).a > 0));
CREATE INDEX holder_a ON holder (((i).a));
CREATE VIEW hv AS SELECT id, (i).b, (o).at FROM holder;
CREATE FUNCTION build(int, text) RETURNS inner_t LANGUAGE sql IMMUTABLE AS 'SELECT ROW($1, $2)::inner_t';
CREATE FUNCTION take(inner_t) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1.a';
CREATE TABLE gen (i inner_t, x int GENERATED ALWAYS AS ((i).a) STORED, y int GENERATED ALWAYS AS (take(i)) STORED);
CREATE OPERATOR ~> (RIGHTARG = inner_t, FUNCTION = take);
CREATE TYPE irange AS RANGE (subtype = inner_t);
COMMENT ON COLUMN inner_t.a IS 'number';
-- new
CREATE TYPE inner_t AS (a bigint, c text COLLATE "C", b varchar(5));
CREATE TYPE mid_t AS (n numeric(6,1), i inner_t);
CREATE TYPE outer_t AS (m mid_t[], at timestamptz, extra inner_t[]);
CREATE TABLE holder (id int PRIMARY KEY, o outer_t, i inner_t DEFAULT ROW(1, 'c', 'x'), CHECK ((i).a > 0));
CREATE INDEX holder_a ON holder (((i).a));
CREATE VIEW hv AS SELECT id, (i).b, (o).at FROM holder;
CREATE FUNCTION build(int, text) RETURNS inner_t LANGUAGE sql IMMUTABLE AS 'SELECT ROW($1, $2, $2)::inner_t';
CREATE FUNCTION take(inner_t) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1.a';
CREATE TABLE gen (i inner_t, x bigint GENERATED ALWAYS AS ((i).a) STORED, y bigint GENERATED ALWAYS AS (take(i)) STORED);
CREATE OPERATOR ~> (RIGHTARG = inner_t, FUNCTION = take);
CREATE TYPE irange AS RANGE (subtype = inner_t);
COMMENT ON COLUMN inner_t.a IS 'big number';
COMMENT ON COLUMN inner_t.c IS 'c';
