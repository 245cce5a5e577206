-- old
CREATE TABLE t (a int, b text, c jsonb) WITH (fillfactor = 80);
CREATE INDEX t_a ON t (a DESC);
CREATE UNIQUE INDEX t_b ON t (lower(b)) WHERE a > 0;
CREATE INDEX t_c ON t USING gin (c);
CREATE STATISTICS st ON a, b FROM t;
-- new
CREATE TABLE t (a int, b text, c jsonb);
CREATE STATISTICS st (mcv, dependencies, ndistinct) ON b, a FROM public.t;
CREATE INDEX t_c ON t USING gin (c jsonb_ops);
CREATE UNIQUE INDEX t_b ON t USING btree (lower(b) text_ops ASC) WHERE (a > 0);
CREATE INDEX t_a ON t (a DESC NULLS FIRST);
ALTER TABLE t SET (fillfactor = 80, autovacuum_enabled = off);
ALTER TABLE t RESET (autovacuum_enabled);
ALTER TABLE t ALTER b SET STATISTICS 50, ALTER b SET STATISTICS -1;
ALTER TABLE t ALTER c SET STORAGE EXTENDED, ALTER c SET COMPRESSION default;
ALTER TABLE t REPLICA IDENTITY DEFAULT;
ALTER TABLE t SET UNLOGGED;
ALTER TABLE t SET LOGGED;
