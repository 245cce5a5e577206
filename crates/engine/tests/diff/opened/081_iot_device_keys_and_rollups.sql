-- old
CREATE TABLE devices (
    id integer PRIMARY KEY,
    serial text NOT NULL UNIQUE,
    model text
);
CREATE TABLE samples (
    device_id integer NOT NULL REFERENCES devices,
    at timestamptz NOT NULL,
    v double precision,
    PRIMARY KEY (device_id, at)
) PARTITION BY RANGE (at);
CREATE TABLE samples_y24 PARTITION OF samples FOR VALUES FROM ('2024-01-01Z') TO ('2025-01-01Z');
CREATE TABLE samples_y25 PARTITION OF samples FOR VALUES FROM ('2025-01-01Z') TO ('2026-01-01Z');
CREATE VIEW hourly AS SELECT device_id, date_trunc('hour', at) AS h, avg(v) AS v FROM samples GROUP BY 1, 2;
CREATE MATERIALIZED VIEW daily AS SELECT device_id, h::date AS d, avg(v) AS v FROM hourly GROUP BY 1, 2;
CREATE UNIQUE INDEX daily_key ON daily (device_id, d);
CREATE PUBLICATION samples_pub FOR TABLE samples WITH (publish_via_partition_root = true);
-- new
CREATE TABLE devices (
    serial text PRIMARY KEY,
    model text
);
CREATE TABLE samples (
    device text NOT NULL REFERENCES devices ON UPDATE CASCADE,
    at timestamptz NOT NULL,
    v double precision,
    PRIMARY KEY (device, at)
) PARTITION BY RANGE (at);
CREATE TABLE samples_y24 PARTITION OF samples FOR VALUES FROM ('2024-01-01Z') TO ('2025-01-01Z');
CREATE TABLE samples_y25 PARTITION OF samples FOR VALUES FROM ('2025-01-01Z') TO ('2026-01-01Z');
CREATE VIEW hourly AS SELECT device, date_trunc('hour', at) AS h, avg(v) AS v FROM samples GROUP BY 1, 2;
CREATE MATERIALIZED VIEW daily AS SELECT device, h::date AS d, avg(v) AS v FROM hourly GROUP BY 1, 2;
CREATE UNIQUE INDEX daily_key ON daily (device, d);
CREATE PUBLICATION samples_pub FOR TABLE samples WITH (publish_via_partition_root = true);
