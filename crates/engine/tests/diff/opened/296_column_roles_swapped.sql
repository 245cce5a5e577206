-- old
CREATE TABLE t (a int, b text, c int GENERATED ALWAYS AS IDENTITY, d int GENERATED ALWAYS AS (a * 2) STORED, e serial, f date DEFAULT '2000-01-01', g text COLLATE "C" NOT NULL, h int[] DEFAULT '{}', CONSTRAINT pk PRIMARY KEY (a), CONSTRAINT ck CHECK (a > 0 AND b <> ''));
CREATE INDEX i ON t (a, b) INCLUDE (f);
CREATE VIEW v AS SELECT a AS x, b AS y, d FROM t;
GRANT SELECT (a), UPDATE (b) ON t TO app_reader;
COMMENT ON COLUMN t.a IS 'number';
COMMENT ON COLUMN t.b IS 'text';
-- new
CREATE TABLE t (a text, b int, c int GENERATED ALWAYS AS (b + 1) STORED, d int GENERATED ALWAYS AS IDENTITY, e int DEFAULT 5, f serial, g text NOT NULL DEFAULT 'g', h text DEFAULT '{}', CONSTRAINT pk PRIMARY KEY (b), CONSTRAINT ck CHECK (b > 0 AND a <> ''));
CREATE INDEX i ON t (b, a) INCLUDE (f);
CREATE VIEW v AS SELECT b AS x, a AS y, c AS d FROM t;
GRANT SELECT (b), UPDATE (a) ON t TO app_reader;
COMMENT ON COLUMN t.b IS 'number';
COMMENT ON COLUMN t.a IS 'text';
