-- old
CREATE TABLE t (a int NOT NULL, b text, c timestamptz, d int4range, e jsonb);
ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (a) INCLUDE (b);
ALTER TABLE t ADD CONSTRAINT x EXCLUDE USING gist (d WITH &&) WHERE (a > 5);
CREATE INDEX i1 ON t (b, c DESC NULLS FIRST) WHERE b IS NOT NULL AND a <> 3;
CREATE INDEX i2 ON t ((e->>'k'), (a + 1));
CREATE INDEX i3 ON t USING gin (e);
CREATE UNIQUE INDEX i4 ON t (lower(b) text_pattern_ops) INCLUDE (c) WITH (fillfactor = 80);
CREATE INDEX i5 ON t (date_trunc('day', c AT TIME ZONE 'UTC'));
ALTER TABLE t ADD CHECK (a >= 0 AND a <= 10 AND b IN ('x', 'y'));
CREATE STATISTICS s ON a, b FROM t;
ALTER TABLE t ALTER b SET STATISTICS 50;
-- new
CREATE TABLE public.t (a int4, b text, c timestamp with time zone, d int4range, e jsonb, z int);
ALTER TABLE t DROP COLUMN z;
CREATE UNIQUE INDEX tmp ON t USING btree (a) INCLUDE (b);
ALTER TABLE t ALTER a SET NOT NULL;
ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY USING INDEX tmp;
ALTER TABLE t ADD CONSTRAINT x EXCLUDE USING gist (d range_ops WITH OPERATOR(pg_catalog.&&)) WHERE ((a > (5)));
CREATE INDEX i1 ON t USING btree (b text_ops ASC NULLS LAST, c DESC) WHERE (((b IS NOT NULL) AND (a != 3)));
CREATE INDEX i2 ON t ((e ->> 'k'::text) COLLATE "default", ((a + 1)));
CREATE INDEX i3 ON t USING gin (e jsonb_ops);
CREATE UNIQUE INDEX i4 ON t (lower(b) text_pattern_ops) INCLUDE (c) WITH (fillfactor = '80');
CREATE INDEX i5 ON t (date_trunc('day'::text, (c AT TIME ZONE ('UTC'::text))));
ALTER TABLE t ADD CONSTRAINT t_check CHECK ((((a >= 0) AND (a <= 10)) AND (b = ANY (ARRAY['x'::text, 'y'::text]))));
CREATE STATISTICS s (mcv, dependencies, ndistinct) ON b, a FROM t;
ALTER TABLE ONLY t ALTER COLUMN b SET STATISTICS 50;
