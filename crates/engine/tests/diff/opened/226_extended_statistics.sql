-- old
CREATE TABLE f (a int, b int, c text, d date, j jsonb);
CREATE STATISTICS s1 ON a, b FROM f;
CREATE STATISTICS s2 (ndistinct) ON a, c FROM f;
CREATE STATISTICS s3 (mcv) ON (a % 7), lower(c) FROM f;
CREATE STATISTICS s4 ON (date_trunc('month', d::timestamp)) FROM f;
ALTER STATISTICS s2 SET STATISTICS 200;
COMMENT ON STATISTICS s1 IS 'ab';
CREATE SCHEMA st;
CREATE STATISTICS st.moved (dependencies) ON b, c FROM f;
ALTER TABLE f ALTER a SET STATISTICS 10, ALTER c SET STORAGE EXTERNAL, ALTER b SET (n_distinct = -0.5);
-- new
CREATE TABLE f (a bigint, b int, c varchar(50), d timestamptz, j jsonb);
CREATE STATISTICS s1 (dependencies, ndistinct) ON a, b FROM f;
CREATE STATISTICS s2 (ndistinct) ON a, c, d FROM f;
CREATE STATISTICS s3 (mcv) ON (a % 11), lower(c) FROM f;
CREATE STATISTICS s5 ON (j ->> 'kind'), a FROM f;
CREATE SCHEMA st;
CREATE STATISTICS moved (dependencies) ON b, c FROM f;
ALTER STATISTICS s1 SET STATISTICS 0;
ALTER STATISTICS moved OWNER TO postgres;
COMMENT ON STATISTICS moved IS 'was in st';
ALTER TABLE f ALTER b SET STATISTICS 1000, ALTER c SET STORAGE MAIN, ALTER j SET COMPRESSION lz4, ALTER a SET (n_distinct = 100, n_distinct_inherited = 50);
