-- old
CREATE FUNCTION acc(numeric[], numeric) RETURNS numeric[] LANGUAGE sql IMMUTABLE AS 'SELECT ARRAY[$1[1] + coalesce($2, 0), $1[2] + 1]';
CREATE FUNCTION fin(numeric[]) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1[1] / nullif($1[2], 0)';
CREATE AGGREGATE my_avg(numeric) (SFUNC = acc, STYPE = numeric[], FINALFUNC = fin, INITCOND = '{0,0}');
CREATE AGGREGATE joined(text, text) (SFUNC = string_agg_transfn, STYPE = internal, FINALFUNC = string_agg_finalfn);
CREATE TABLE s (g text, v numeric);
CREATE VIEW a1 AS SELECT g, my_avg(v) AS m, joined(g, ',') AS j FROM s GROUP BY g;
CREATE MATERIALIZED VIEW a2 AS SELECT my_avg(m) OVER (ORDER BY g) AS running FROM a1;
CREATE FUNCTION best() RETURNS numeric LANGUAGE sql STABLE BEGIN ATOMIC SELECT my_avg(a2.running) FROM a2; END;
COMMENT ON AGGREGATE my_avg(numeric) IS 'mean';
GRANT EXECUTE ON FUNCTION my_avg(numeric) TO app_reader;
-- new
CREATE FUNCTION acc(numeric[], numeric, numeric DEFAULT 1) RETURNS numeric[] LANGUAGE sql IMMUTABLE AS 'SELECT ARRAY[$1[1] + coalesce($2 * $3, 0), $1[2] + $3]';
CREATE FUNCTION fin(numeric[], numeric, numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT round($1[1] / nullif($1[2], 0), 2)';
CREATE AGGREGATE my_avg(numeric, numeric) (SFUNC = acc, STYPE = numeric[], SSPACE = 64, FINALFUNC = fin, FINALFUNC_EXTRA, INITCOND = '{0,0}');
CREATE AGGREGATE joined(text, text) (SFUNC = string_agg_transfn, STYPE = internal, FINALFUNC = string_agg_finalfn, PARALLEL = RESTRICTED);
CREATE TABLE s (g text, v numeric, w numeric DEFAULT 1);
CREATE VIEW a1 AS SELECT g, my_avg(v, w) AS m, joined(g, ';' ORDER BY v) AS j FROM s GROUP BY g;
CREATE MATERIALIZED VIEW a2 AS SELECT g, my_avg(m, 1) OVER (ORDER BY g) AS running FROM a1;
CREATE FUNCTION best() RETURNS numeric LANGUAGE sql STABLE BEGIN ATOMIC SELECT my_avg(a2.running, 2::numeric) FROM a2; END;
COMMENT ON AGGREGATE my_avg(numeric, numeric) IS 'weighted mean';
GRANT EXECUTE ON FUNCTION my_avg(numeric, numeric) TO app_reader;
