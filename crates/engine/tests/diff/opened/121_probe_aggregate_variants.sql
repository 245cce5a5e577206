-- old
CREATE FUNCTION acc(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce($1, 0) + coalesce($2, 0) $$;
CREATE AGGREGATE total(int) (SFUNC = acc, STYPE = int);
CREATE AGGREGATE biggest(int) (SFUNC = pg_catalog.int4larger, STYPE = int, SORTOP = >);
CREATE AGGREGATE gmax(ORDER BY numeric) (SFUNC = pg_catalog.ordered_set_transition, STYPE = internal, FINALFUNC = pg_catalog.mode_final, FINALFUNC_EXTRA);
CREATE TABLE t (g text, n int);
CREATE VIEW v AS SELECT g, total(n) AS n FROM t GROUP BY g;
CREATE VIEW w AS SELECT g, total(n) OVER (PARTITION BY g) AS n FROM t;
GRANT EXECUTE ON FUNCTION total(int) TO app_reader;
-- new
CREATE FUNCTION acc(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce($1, 0) + coalesce($2, 0) $$;
CREATE FUNCTION big_step(int, VARIADIC int[]) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT max(x) FROM unnest($1 || $2) x $$;
CREATE AGGREGATE total(int) (SFUNC = acc, STYPE = int, INITCOND = '0', COMBINEFUNC = acc, PARALLEL = SAFE);
CREATE AGGREGATE biggest(VARIADIC int[]) (SFUNC = big_step, STYPE = int);
CREATE AGGREGATE gmax(ORDER BY numeric) (SFUNC = pg_catalog.ordered_set_transition, STYPE = internal, FINALFUNC = pg_catalog.mode_final, FINALFUNC_EXTRA);
CREATE TABLE t (g text, n int);
CREATE VIEW v AS SELECT g, total(n) AS n FROM t GROUP BY g;
CREATE VIEW w AS SELECT g, total(n) FILTER (WHERE n > 0) OVER (PARTITION BY g ORDER BY n ROWS BETWEEN 2 PRECEDING AND CURRENT ROW EXCLUDE TIES) AS n FROM t;
REVOKE EXECUTE ON FUNCTION total(int) FROM PUBLIC;
