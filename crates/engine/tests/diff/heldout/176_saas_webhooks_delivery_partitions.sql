-- old
CREATE SCHEMA hooks;
CREATE TYPE hooks.result AS ENUM ('pending', 'ok', 'failed'
);
CREATE TABLE hooks.endpoints (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), url text NOT NULL CHECK (url LIKE 'https://%'), secret bytea NOT NULL);
CREATE TABLE hooks.deliveries (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    endpoint uuid NOT NULL REFERENCES hooks.endpoints
,
    day date NOT NULL DEFAULT CURRENT_DATE,
    result hooks.result NOT NULL DEFAULT 'pending',
    tries int DEFAULT 0,
    payload jsonb NOT NULL,
    PRIMARY KEY (id, day)
) PARTITION BY RANGE (day);
CREATE TABLE hooks.deliveries_2024_01 PARTITION OF hooks.deliveries FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE hooks.deliveries_2024_02 PARTITION OF hooks.deliveries FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
CREATE INDEX deliveries_retry ON hooks.deliveries (tries) WHERE result = 'failed';
ALTER TABLE hooks.deliveries ALTER payload SET STORAGE EXTERNAL;
CREATE VIEW hooks.failing AS SELECT endpoint, count(*) AS n FROM hooks.deliveries WHERE result = 'failed' GROUP BY endpoint;
GRANT SELECT ON hooks.failing TO app_reader;
GRANT INSERT, UPDATE (result, tries) ON hooks.deliveries TO app_writer;
-- new
CREATE SCHEMA hooks;
CREATE TYPE hooks.result AS ENUM ('pending', 'ok', 'failed'
, 'gave_up'
);
CREATE TABLE hooks.endpoints (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), url text NOT NULL CHECK (url LIKE 'https://%'), secret bytea NOT NULL);
CREATE TABLE hooks.deliveries (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    endpoint uuid NOT NULL REFERENCES hooks.endpoints
        ON DELETE CASCADE
,
    day date NOT NULL DEFAULT CURRENT_DATE,
    result hooks.result NOT NULL DEFAULT 'pending',
    tries smallint NOT NULL DEFAULT 0,
    payload jsonb NOT NULL,
    PRIMARY KEY (id, day)
) PARTITION BY RANGE (day);
CREATE TABLE hooks.deliveries_2024_01 PARTITION OF hooks.deliveries FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE hooks.deliveries_2024_02 (LIKE hooks.deliveries INCLUDING DEFAULTS);
CREATE TABLE hooks.deliveries_2024_03 PARTITION OF hooks.deliveries FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
CREATE INDEX deliveries_retry ON hooks.deliveries (tries) WHERE result = 'failed';
ALTER TABLE hooks.deliveries ALTER payload SET STORAGE EXTERNAL;
CREATE VIEW hooks.failing AS SELECT endpoint, count(*) AS n FROM hooks.deliveries WHERE result = 'failed' GROUP BY endpoint;
GRANT SELECT ON hooks.failing TO app_reader;
GRANT INSERT, UPDATE (result, tries) ON hooks.deliveries TO app_writer;
