-- old
CREATE TABLE readings (
    device_id integer NOT NULL,
    taken_at timestamptz NOT NULL,
    celsius double precision,
    humidity real
) PARTITION BY RANGE (taken_at);
CREATE TABLE readings_2024q1 PARTITION OF readings FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2024-04-01 00:00+00');
CREATE TABLE readings_2024q2 PARTITION OF readings FOR VALUES FROM ('2024-04-01 00:00+00') TO ('2024-07-01 00:00+00');
CREATE TABLE readings_rest PARTITION OF readings DEFAULT;
CREATE INDEX readings_device ON readings (device_id, taken_at);
CREATE INDEX readings_2024q1_hot ON readings_2024q1 (celsius) WHERE celsius > 40;
CREATE INDEX readings_rest_brin ON readings_rest USING brin (taken_at);
-- new
CREATE TABLE readings (
    device_id integer NOT NULL,
    taken_at timestamptz NOT NULL,
    celsius double precision,
    humidity double precision,
    battery smallint CHECK (battery BETWEEN 0 AND 100)
) PARTITION BY RANGE (taken_at);
CREATE TABLE readings_2024q1 PARTITION OF readings FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2024-04-01 00:00+00');
CREATE TABLE readings_2024q2 PARTITION OF readings FOR VALUES FROM ('2024-04-01 00:00+00') TO ('2024-07-01 00:00+00');
CREATE TABLE readings_2024q3 PARTITION OF readings FOR VALUES FROM ('2024-07-01 00:00+00') TO ('2024-10-01 00:00+00');
CREATE TABLE readings_rest PARTITION OF readings DEFAULT;
CREATE INDEX readings_device ON readings (device_id, taken_at DESC) INCLUDE (celsius);
CREATE INDEX readings_2024q1_hot ON readings_2024q1 (celsius) WHERE celsius > 40;
CREATE INDEX readings_rest_brin ON readings_rest USING brin (taken_at) WITH (pages_per_range = 32);
