-- old
CREATE TABLE docs (id bigint PRIMARY KEY, kind smallint, title varchar(200), content text, raw bytea, created timestamptz DEFAULT now());
CREATE INDEX docs_kind ON docs (kind);
CREATE INDEX docs_created ON docs (created);
CREATE TABLE hits (doc_id bigint REFERENCES docs, n int) WITH (fillfactor = 100);
CREATE STATISTICS docs_st ON kind, title FROM docs;
CREATE UNLOGGED TABLE cache (k text PRIMARY KEY, v text);
CREATE VIEW doc_hits AS SELECT d.id, d.title, coalesce(sum(h.n),0) AS hits FROM docs d LEFT JOIN hits h ON h.doc_id = d.id GROUP BY d.id;
-- new
CREATE TABLE docs (id bigint PRIMARY KEY, kind smallint, title varchar(200), content text, raw bytea, created timestamptz DEFAULT now()) WITH (autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_enabled = false);
ALTER TABLE docs ALTER raw SET STORAGE EXTERNAL, ALTER content SET COMPRESSION pglz, ALTER kind SET STATISTICS 1000, ALTER title SET (n_distinct = -0.5);
CREATE INDEX docs_kind ON docs (kind) WITH (deduplicate_items = off);
CREATE INDEX docs_created ON docs USING brin (created timestamptz_minmax_multi_ops) WITH (autosummarize = on);
ALTER TABLE docs CLUSTER ON docs_kind;
CREATE INDEX docs_title_lower ON docs (lower(title), (kind + 1));
ALTER INDEX docs_title_lower ALTER COLUMN 1 SET STATISTICS 500;
CREATE TABLE hits (doc_id bigint NOT NULL REFERENCES docs, n int, day date NOT NULL DEFAULT CURRENT_DATE, PRIMARY KEY (doc_id, day)) WITH (fillfactor = 60, parallel_workers = 4);
CREATE STATISTICS docs_st (mcv) ON kind, title FROM docs;
ALTER STATISTICS docs_st SET STATISTICS 200;
CREATE STATISTICS docs_expr ON (date_trunc('day', created AT TIME ZONE 'UTC')), (kind % 4) FROM docs;
CREATE TABLE cache (k text PRIMARY KEY, v jsonb, expires timestamptz);
CREATE VIEW doc_hits AS SELECT d.id, d.title, coalesce(sum(h.n),0) AS hits FROM docs d LEFT JOIN hits h ON h.doc_id = d.id GROUP BY d.id;
