-- old
CREATE TABLE t (a text, b int, c int);
CREATE INDEX i ON t (lower(a), (b + c));
ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 300;
CREATE INDEX j ON t (a text_pattern_ops, b DESC NULLS LAST);
CREATE INDEX k ON t USING hash (b);
-- new
CREATE TABLE t (a text, b int, c int);
CREATE INDEX i ON t (lower(a), (b + c));
ALTER INDEX i ALTER COLUMN 2 SET STATISTICS 400;
CREATE INDEX j ON t (a COLLATE "C" text_ops NULLS FIRST, b DESC);
CREATE INDEX k ON t USING hash (b) WITH (fillfactor = 40);
