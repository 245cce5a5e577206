-- old
CREATE TABLE device (id uuid PRIMARY KEY, model text, fw text, seen timestamp);
CREATE TABLE metric (device uuid, name text, ts timestamp, value float8, PRIMARY KEY (device, name, ts));
CREATE TABLE metric_2022 (CHECK (ts >= '2022-01-01' AND ts < '2023-01-01')) INHERITS (metric);
CREATE TABLE metric_2023 (CHECK (ts >= '2023-01-01' AND ts < '2024-01-01')) INHERITS (metric);
CREATE INDEX ON metric_2022 (device, ts);
CREATE INDEX ON metric_2023 (device, ts);
CREATE FUNCTION metric_route() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.ts >= '2023-01-01' THEN INSERT INTO metric_2023 VALUES (NEW.*);
  ELSE INSERT INTO metric_2022 VALUES (NEW.*);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER metric_route BEFORE INSERT ON metric FOR EACH ROW EXECUTE FUNCTION metric_route();
CREATE VIEW latest AS SELECT DISTINCT ON (device, name) device, name, ts, value FROM metric ORDER BY device, name, ts DESC;
GRANT INSERT ON metric TO app_writer;
-- new
CREATE TABLE device (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), model text NOT NULL, fw int[] NOT NULL DEFAULT '{1,0,0}', seen timestamptz, labels jsonb NOT NULL DEFAULT '{}');
CREATE TABLE metric_name (id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE NOT NULL);
CREATE TABLE metric (device uuid NOT NULL REFERENCES device, name smallint NOT NULL REFERENCES metric_name, ts timestamptz NOT NULL, value float8, PRIMARY KEY (device, name, ts)) PARTITION BY RANGE (ts);
CREATE TABLE metric_2022 PARTITION OF metric FOR VALUES FROM ('2022-01-01 00:00:00+00') TO ('2023-01-01 00:00:00+00') WITH (fillfactor = 100, autovacuum_enabled = off);
CREATE TABLE metric_2023 PARTITION OF metric FOR VALUES FROM ('2023-01-01 00:00:00+00') TO ('2024-01-01 00:00:00+00');
CREATE TABLE metric_default PARTITION OF metric DEFAULT;
CREATE INDEX metric_device_ts ON metric (device, ts DESC);
CREATE FUNCTION create_year(y int) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE format('CREATE TABLE IF NOT EXISTS metric_%s PARTITION OF metric FOR VALUES FROM (%L) TO (%L)', y, make_date(y, 1, 1), make_date(y + 1, 1, 1)); END $$;
CREATE MATERIALIZED VIEW latest AS SELECT DISTINCT ON (device, name) device, name, ts, value FROM metric ORDER BY device, name, ts DESC;
CREATE UNIQUE INDEX latest_pk ON latest (device, name);
CREATE VIEW device_state AS SELECT d.id, d.model, jsonb_object_agg(n.name, l.value) AS state FROM device d JOIN latest l ON l.device = d.id JOIN metric_name n ON n.id = l.name GROUP BY d.id;
GRANT INSERT ON metric TO app_writer;
GRANT SELECT ON latest, device_state TO app_reader;
