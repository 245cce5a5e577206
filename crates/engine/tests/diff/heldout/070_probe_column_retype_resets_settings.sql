-- old
CREATE TABLE t (
    id int PRIMARY KEY,
    body varchar(100) NOT NULL DEFAULT 'none',
    note text
);
ALTER TABLE t ALTER body SET STORAGE EXTERNAL, ALTER body SET STATISTICS 77;
COMMENT ON COLUMN t.body IS 'Body';
GRANT SELECT (body), UPDATE (body) ON t TO app_reader;
CREATE STATISTICS t_st (ndistinct) ON body, note FROM t;
CREATE INDEX t_body ON t (body);
COMMENT ON INDEX t_body IS 'Index';
-- new
CREATE TABLE t (
    id int PRIMARY KEY,
    body bytea NOT NULL DEFAULT '\x6e6f6e65',
    note text
);
ALTER TABLE t ALTER body SET STORAGE EXTERNAL, ALTER body SET STATISTICS 77;
COMMENT ON COLUMN t.body IS 'Body';
GRANT SELECT (body), UPDATE (body) ON t TO app_reader;
CREATE STATISTICS t_st (ndistinct) ON body, note FROM t;
CREATE INDEX t_body ON t (body);
COMMENT ON INDEX t_body IS 'Index';
