-- old
CREATE TABLE t (
    a int,
    b int,
    c int GENERATED ALWAYS AS (a + b) STORED,
    d text DEFAULT 'x'
);
CREATE INDEX t_c ON t (c);
CREATE INDEX t_d ON t (d);
CREATE VIEW v AS SELECT c, d FROM t;
-- new
CREATE TABLE t (
    a int,
    b int,
    c int DEFAULT 0,
    d text GENERATED ALWAYS AS (a::text || 'x') STORED
);
CREATE INDEX t_c ON t (c);
CREATE INDEX t_d ON t (d);
CREATE VIEW v AS SELECT c, d FROM t;
