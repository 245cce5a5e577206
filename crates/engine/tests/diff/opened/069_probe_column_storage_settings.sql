-- old
CREATE TABLE t (
    a text,
    b bytea,
    c jsonb,
    d numeric
);
ALTER TABLE t ALTER a SET STORAGE MAIN, ALTER b SET STORAGE EXTERNAL, ALTER c SET COMPRESSION pglz, ALTER d SET STATISTICS 0;
ALTER TABLE t ALTER a SET (n_distinct = -0.5);
-- new
CREATE TABLE t (
    a text,
    b bytea,
    c jsonb,
    d numeric
);
ALTER TABLE t ALTER a SET STORAGE EXTENDED, ALTER b SET STORAGE PLAIN, ALTER c SET COMPRESSION lz4, ALTER d SET STATISTICS 1000;
ALTER TABLE t ALTER a SET (n_distinct_inherited = 50), ALTER d SET (n_distinct = 5);
