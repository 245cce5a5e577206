-- old
CREATE TABLE trace (id bigserial, svc text NOT NULL, at timestamp NOT NULL DEFAULT now(), ms int);
CREATE TABLE trace_2024 (CHECK (at >= '2024-01-01' AND at < '2025-01-01')) INHERITS (trace);
CREATE TABLE trace_2025 (CHECK (at >= '2025-01-01' AND at < '2026-01-01')) INHERITS (trace);
CREATE INDEX trace_2024_at ON trace_2024 (at);
CREATE INDEX trace_2025_at ON trace_2025 (at);
CREATE FUNCTION trace_route() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.at >= '2025-01-01' THEN INSERT INTO trace_2025 VALUES (NEW.*); ELSE INSERT INTO trace_2024 VALUES (NEW.*); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER trace_route BEFORE INSERT ON trace FOR EACH ROW EXECUTE FUNCTION trace_route();
CREATE VIEW slow AS SELECT svc, percentile_cont(0.95) WITHIN GROUP (ORDER BY ms) AS p95 FROM trace GROUP BY svc;
GRANT INSERT ON trace TO app_writer;
GRANT SELECT ON trace TO app_reader;
-- new
CREATE TABLE trace (
  id bigserial,
  svc text NOT NULL,
  at timestamp NOT NULL DEFAULT now(),
  ms int,
  attrs jsonb
) PARTITION BY RANGE (at);
CREATE TABLE trace_2024 PARTITION OF trace FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2025-01-01 00:00+00');
CREATE TABLE trace_2025 PARTITION OF trace FOR VALUES FROM ('2025-01-01 00:00+00') TO ('2026-01-01 00:00+00');
CREATE TABLE trace_2026 PARTITION OF trace (CONSTRAINT attrs_obj CHECK (jsonb_typeof(attrs) = 'object')) FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2027-01-01 00:00+00');
CREATE VIEW slow AS SELECT svc, percentile_cont(0.95) WITHIN GROUP (ORDER BY ms) AS p95 FROM trace GROUP BY svc;
GRANT INSERT ON trace TO app_writer;
