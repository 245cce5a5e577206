-- old
CREATE TABLE metrics (tenant int NOT NULL, at timestamptz NOT NULL, name text NOT NULL, v double precision, PRIMARY KEY (tenant, name, at)) PARTITION BY RANGE (at);
CREATE TABLE metrics_2024 PARTITION OF metrics FOR VALUES FROM ('2024-01-01Z') TO ('2025-01-01Z');
CREATE TABLE metrics_2025 PARTITION OF metrics FOR VALUES FROM ('2025-01-01Z') TO ('2026-01-01Z');
CREATE INDEX metrics_name ON metrics (name);
CREATE VIEW names AS SELECT DISTINCT name FROM metrics;
GRANT SELECT ON metrics, names TO app_reader;
-- new
CREATE TABLE metrics (tenant int NOT NULL, at timestamptz NOT NULL, name text NOT NULL, v double precision, PRIMARY KEY (tenant, name, at)) PARTITION BY LIST (tenant);
CREATE TABLE metrics_t1 PARTITION OF metrics FOR VALUES IN (1) PARTITION BY RANGE (at);
CREATE TABLE metrics_t1_2024 PARTITION OF metrics_t1 FOR VALUES FROM ('2024-01-01Z') TO ('2025-01-01Z');
CREATE TABLE metrics_t1_2025 PARTITION OF metrics_t1 FOR VALUES FROM ('2025-01-01Z') TO ('2026-01-01Z');
CREATE TABLE metrics_2024 PARTITION OF metrics DEFAULT;
CREATE INDEX metrics_name ON metrics (name);
CREATE INDEX metrics_t1_v ON metrics_t1 (v);
CREATE VIEW names AS SELECT DISTINCT name FROM metrics;
GRANT SELECT ON metrics, names TO app_reader;
