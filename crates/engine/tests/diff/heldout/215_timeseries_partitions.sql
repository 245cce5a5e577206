-- old
CREATE TABLE sensor (id int PRIMARY KEY, label text);
CREATE TABLE sample (sensor_id int NOT NULL REFERENCES sensor, at timestamptz NOT NULL, value real) PARTITION BY RANGE (at);
CREATE TABLE sample_2023q1 PARTITION OF sample FOR VALUES FROM ('2023-01-01 00:00+00') TO ('2023-04-01 00:00+00');
CREATE TABLE sample_2023q2 PARTITION OF sample FOR VALUES FROM ('2023-04-01 00:00+00') TO ('2023-07-01 00:00+00');
CREATE TABLE sample_2023q3 PARTITION OF sample FOR VALUES FROM ('2023-07-01 00:00+00') TO ('2023-10-01 00:00+00') PARTITION BY HASH (sensor_id);
CREATE TABLE sample_2023q3_a PARTITION OF sample_2023q3 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE sample_2023q3_b PARTITION OF sample_2023q3 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE INDEX sample_at ON sample (sensor_id, at DESC);
CREATE INDEX q1_value ON sample_2023q1 (value);
CREATE VIEW hourly AS SELECT sensor_id, date_trunc('hour', at) AS h, avg(value) AS v FROM sample GROUP BY 1, 2;
-- new
CREATE TABLE sensor (id bigint PRIMARY KEY, label text, unit text NOT NULL DEFAULT '');
CREATE TABLE sample (sensor_id bigint NOT NULL REFERENCES sensor ON DELETE CASCADE, at timestamptz NOT NULL, value double precision, quality smallint NOT NULL DEFAULT 0, PRIMARY KEY (sensor_id, at)) PARTITION BY RANGE (at);
CREATE TABLE sample_2023q1 (sensor_id bigint NOT NULL, at timestamptz NOT NULL, value double precision, quality smallint NOT NULL DEFAULT 0);
COMMENT ON TABLE sample_2023q1 IS 'detached, to be archived';
CREATE TABLE sample_2023q2 PARTITION OF sample FOR VALUES FROM ('2023-01-01 00:00+00') TO ('2023-07-01 00:00+00');
CREATE TABLE sample_2023q3 PARTITION OF sample FOR VALUES FROM ('2023-07-01 00:00+00') TO ('2023-10-01 00:00+00') PARTITION BY HASH (sensor_id);
CREATE TABLE sample_2023q3_a PARTITION OF sample_2023q3 FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE sample_2023q3_b PARTITION OF sample_2023q3 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE sample_2023q3_c PARTITION OF sample_2023q3 FOR VALUES WITH (MODULUS 4, REMAINDER 2) WITH (fillfactor = 90);
CREATE TABLE sample_default PARTITION OF sample (CONSTRAINT q_ok CHECK (quality >= 0), value DEFAULT 0) DEFAULT;
CREATE INDEX sample_at ON sample USING brin (at) WITH (autosummarize = on);
CREATE INDEX q2_value ON sample_2023q2 (value) WHERE quality > 0;
ALTER TABLE sample_2023q2 ALTER value SET STATISTICS 500, ALTER quality SET (n_distinct = 4);
CREATE MATERIALIZED VIEW hourly AS SELECT sensor_id, date_trunc('hour', at) AS h, avg(value) AS v, count(*) AS n FROM sample GROUP BY 1, 2;
CREATE UNIQUE INDEX hourly_u ON hourly (sensor_id, h);
CREATE VIEW daily AS SELECT sensor_id, date_trunc('day', h) AS d, sum(v * n) / sum(n) AS v FROM hourly GROUP BY 1, 2;
