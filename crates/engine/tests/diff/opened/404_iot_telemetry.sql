-- old
CREATE SCHEMA iot;
CREATE TABLE iot.device (
  device_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  serial_no varchar(32) NOT NULL UNIQUE,
  model varchar(40)
);
CREATE TABLE iot.reading (
  device_id int NOT NULL REFERENCES iot.device,
  ts timestamptz NOT NULL,
  metric text NOT NULL,
  val real
) PARTITION BY RANGE (ts);
CREATE TABLE iot.reading_2024_01 PARTITION OF iot.reading FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2024-02-01 00:00:00+00');
CREATE TABLE iot.reading_2024_02 PARTITION OF iot.reading FOR VALUES FROM ('2024-02-01 00:00:00+00') TO ('2024-03-01 00:00:00+00');
CREATE INDEX reading_dev_ts ON iot.reading (device_id, ts);
CREATE MATERIALIZED VIEW iot.daily AS
  SELECT device_id, date_trunc('day', ts AT TIME ZONE 'UTC') AS d, metric, avg(val) AS a FROM iot.reading GROUP BY 1,2,3;
CREATE UNIQUE INDEX daily_uq ON iot.daily (device_id, d, metric);
-- new
CREATE SCHEMA iot;
CREATE TYPE iot.unit AS ENUM ('C','F','kPa','lx','V');
CREATE TABLE iot.device (
  device_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  serial_no varchar(32) NOT NULL UNIQUE,
  model varchar(40)
);
CREATE TABLE iot.reading (
  device_id int NOT NULL REFERENCES iot.device,
  ts timestamptz NOT NULL,
  metric text NOT NULL,
  val double precision,
  unit iot.unit
) PARTITION BY RANGE (ts);
CREATE TABLE iot.reading_2024_01 PARTITION OF iot.reading FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2024-02-01 00:00:00+00');
CREATE TABLE iot.reading_2024_02 PARTITION OF iot.reading FOR VALUES FROM ('2024-02-01 00:00:00+00') TO ('2024-03-01 00:00:00+00');
CREATE INDEX reading_dev_ts ON iot.reading (device_id, ts);
CREATE MATERIALIZED VIEW iot.daily AS
  SELECT device_id, date_trunc('day', ts AT TIME ZONE 'UTC') AS d, metric, avg(val) AS a, max(val) AS mx FROM iot.reading GROUP BY 1,2,3;
CREATE UNIQUE INDEX daily_uq ON iot.daily (device_id, d, metric);
CREATE VIEW iot.latest WITH (security_barrier) AS SELECT DISTINCT ON (device_id, metric) device_id, metric, ts, val FROM iot.reading ORDER BY device_id, metric, ts DESC;
