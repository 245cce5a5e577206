-- old
CREATE SCHEMA st;
CREATE FUNCTION st.median_final(a
    double precision[]) RETURNS double precision
 LANGUAGE sql IMMUTABLE AS $$ SELECT avg(x) FROM (SELECT x FROM unnest(a) x ORDER BY 1 LIMIT 2 - cardinality(a) % 2 OFFSET (cardinality(a) - 1) / 2) q $$;
CREATE AGGREGATE st.median(double precision) (SFUNC = array_append, STYPE = double precision[], FINALFUNC = st.median_final, INITCOND = '{}');
CREATE TABLE latencies (route text, ms
    double precision
);
CREATE VIEW p50 AS SELECT route, st.median(ms) AS ms FROM latencies GROUP BY route;
CREATE MATERIALIZED VIEW p50_kept AS SELECT * FROM p50;
CREATE INDEX p50_kept_ms ON p50_kept (ms);
ALTER AGGREGATE st.median(
    double precision
) OWNER TO app_owner;
-- new
CREATE SCHEMA st;
CREATE FUNCTION st.median_final(a
    numeric[]) RETURNS numeric
 LANGUAGE sql IMMUTABLE AS $$ SELECT avg(x) FROM (SELECT x FROM unnest(a) x ORDER BY 1 LIMIT 2 - cardinality(a) % 2 OFFSET (cardinality(a) - 1) / 2) q $$;
CREATE AGGREGATE st.median(numeric) (SFUNC = array_append, STYPE = numeric[], FINALFUNC = st.median_final, INITCOND = '{}', SSPACE = 1024);
CREATE TABLE latencies (route text, ms
    numeric(10,3)
);
CREATE VIEW p50 AS SELECT route, st.median(ms) AS ms FROM latencies GROUP BY route;
CREATE MATERIALIZED VIEW p50_kept AS SELECT * FROM p50;
CREATE INDEX p50_kept_ms ON p50_kept (ms);
ALTER AGGREGATE st.median(
    numeric
) OWNER TO app_owner;
