-- old
CREATE FUNCTION first_of(VARIADIC anyarray) RETURNS anyelement LANGUAGE sql IMMUTABLE AS 'SELECT $1[1]';
CREATE FUNCTION pick(anyelement, anyelement, bool DEFAULT true) RETURNS anyelement LANGUAGE sql IMMUTABLE AS 'SELECT CASE WHEN $3 THEN $1 ELSE $2 END';
CREATE FUNCTION lo(anyrange) RETURNS anyelement LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';
CREATE FUNCTION pick2(anyelement, anyelement) RETURNS anyelement LANGUAGE sql IMMUTABLE AS 'SELECT $2';
CREATE AGGREGATE last_seen(anyelement) (SFUNC = pick2, STYPE = anyelement);
CREATE TABLE t (a int, b text, r int4range);
CREATE VIEW v AS SELECT first_of(a, 1) AS f, pick(b, 'x'::text) AS p, lo(r) AS l FROM t;
-- new
CREATE FUNCTION first_of(VARIADIC anycompatiblearray) RETURNS anycompatible LANGUAGE sql IMMUTABLE AS 'SELECT $1[1]';
CREATE FUNCTION pick(x anycompatible, y anycompatible, bool DEFAULT false) RETURNS anycompatible LANGUAGE sql IMMUTABLE AS 'SELECT CASE WHEN $3 THEN $1 ELSE $2 END';
CREATE FUNCTION lo(anyrange, OUT lo anyelement, OUT hi anyelement) LANGUAGE sql IMMUTABLE AS 'SELECT lower($1), upper($1)';
CREATE FUNCTION lo(anymultirange) RETURNS anyrange LANGUAGE sql IMMUTABLE AS 'SELECT range_merge($1)';
CREATE TABLE t (a bigint, b varchar(9), r int8range);
CREATE VIEW v AS SELECT first_of(a, 1.5) AS f, pick(b, 'x'::text) AS p, (lo(r)).hi AS l FROM t;
CREATE FUNCTION wrap(anynonarray) RETURNS anyarray LANGUAGE sql AS 'SELECT ARRAY[$1]';
CREATE FUNCTION concat_all(sep text, VARIADIC parts text[] DEFAULT '{}') RETURNS text LANGUAGE sql RETURN array_to_string(parts, sep);
CREATE AGGREGATE collect(anycompatible) (SFUNC = array_append, STYPE = anycompatiblearray, INITCOND = '{}');
CREATE AGGREGATE pct(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
