-- old
CREATE TYPE st AS ENUM ('a', 'b');
CREATE TYPE fr AS RANGE (subtype = numeric);
CREATE TABLE x (a int[], b text[][], c st[] DEFAULT '{a}', r fr DEFAULT '[1,2)', m int4multirange, n varchar(5)[], o bit(3), p bit varying(8), q timestamptz(3), s interval hour to minute, t "char", u name, v oid, w xml, y point, z macaddr);
CREATE INDEX x_a ON x USING gin (a);
CREATE INDEX x_r ON x USING gist (r);
CREATE VIEW xv AS SELECT unnest(a) AS a, lower(r) AS lo, c[1] FROM x;
CREATE FUNCTION xf(VARIADIC a int[], OUT n int) LANGUAGE sql IMMUTABLE AS 'SELECT cardinality(a)';
ALTER TABLE x ADD CHECK (xf(VARIADIC a) < 10);
-- new
CREATE TYPE st AS ENUM ('b', 'a');
CREATE FUNCTION frd(numeric, numeric) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT ($1 - $2)::float8';
CREATE TYPE fr AS RANGE (subtype = numeric, subtype_diff = frd);
CREATE TABLE x (a bigint[], b text[], c st[] DEFAULT '{b,a}', r fr DEFAULT '(1,3]', m int8multirange, n varchar(8)[], o bit(4), p bit varying, q timestamptz(0), s interval, t char(1), u text, v regclass, w text, y box, z macaddr8);
CREATE INDEX x_a ON x USING gin (a, b);
CREATE INDEX x_r ON x USING gist (r, m);
CREATE VIEW xv AS SELECT unnest(a) AS a, lower(r) AS lo, c[1] FROM x;
CREATE FUNCTION xf(VARIADIC a bigint[], OUT n int) LANGUAGE sql IMMUTABLE AS 'SELECT cardinality(a)';
ALTER TABLE x ADD CHECK (xf(VARIADIC a) < 10);
