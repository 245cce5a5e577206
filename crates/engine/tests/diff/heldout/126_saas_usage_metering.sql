-- old
CREATE SCHEMA usage;
CREATE TYPE usage.metric AS ENUM ('api_calls', 'storage_gb'
);
CREATE TABLE usage.events (
    id bigint GENERATED ALWAYS AS IDENTITY,
    tenant_id uuid NOT NULL,
    metric usage.metric NOT NULL,
    quantity integer NOT NULL DEFAULT 1,
    at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE usage.events ADD CONSTRAINT events_pk PRIMARY KEY (id)
;
CREATE INDEX events_tenant ON usage.events (tenant_id, metric, at);
CREATE MATERIALIZED VIEW usage.monthly AS
    SELECT tenant_id, metric, date_trunc('month', at AT TIME ZONE 'UTC') AS month, sum(quantity) AS quantity
    FROM usage.events GROUP BY 1, 2, 3 WITH NO DATA;
CREATE UNIQUE INDEX monthly_key ON usage.monthly (tenant_id, metric, month);
CREATE VIEW usage.billable AS SELECT tenant_id, month, quantity FROM usage.monthly WHERE metric
    = 'api_calls';
CREATE FUNCTION usage.add(t uuid, m usage.metric, q
    integer DEFAULT 1) RETURNS bigint LANGUAGE sql
    AS $$ INSERT INTO usage.events (tenant_id, metric, quantity) VALUES (t, m, q) RETURNING id $$;
GRANT EXECUTE ON FUNCTION usage.add TO app_writer;
-- new
CREATE SCHEMA usage;
CREATE TYPE usage.metric AS ENUM ('api_calls', 'storage_gb'
, 'seats', 'egress_gb'
);
CREATE TABLE usage.events (
    id bigint GENERATED ALWAYS AS IDENTITY,
    tenant_id uuid NOT NULL,
    metric usage.metric NOT NULL,
    quantity numeric(18,6) NOT NULL DEFAULT 1,
    at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE usage.events ADD CONSTRAINT events_pk PRIMARY KEY (id)
    INCLUDE (tenant_id)
;
CREATE INDEX events_tenant ON usage.events (tenant_id, metric, at);
CREATE MATERIALIZED VIEW usage.monthly AS
    SELECT tenant_id, metric, date_trunc('month', at AT TIME ZONE 'UTC') AS month, sum(quantity) AS quantity
    FROM usage.events GROUP BY 1, 2, 3 WITH NO DATA;
CREATE UNIQUE INDEX monthly_key ON usage.monthly (tenant_id, metric, month);
CREATE VIEW usage.billable AS SELECT tenant_id, month, quantity FROM usage.monthly WHERE metric
    IN ('api_calls', 'egress_gb');
CREATE FUNCTION usage.add(t uuid, m usage.metric, q
    numeric DEFAULT 1) RETURNS bigint LANGUAGE sql
    AS $$ INSERT INTO usage.events (tenant_id, metric, quantity) VALUES (t, m, q) RETURNING id $$;
GRANT EXECUTE ON FUNCTION usage.add TO app_writer;
