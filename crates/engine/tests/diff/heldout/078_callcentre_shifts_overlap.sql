-- old
CREATE EXTENSION btree_gist;
CREATE DOMAIN agent_no AS integer CHECK (VALUE BETWEEN 1000 AND 9999);
CREATE TABLE shifts (
    agent agent_no NOT NULL,
    starts timestamptz NOT NULL,
    ends timestamptz NOT NULL,
    site text NOT NULL DEFAULT 'berlin',
    CHECK (ends > starts)
);
CREATE INDEX shifts_when ON shifts (starts, ends);
CREATE VIEW on_now AS SELECT agent, site FROM shifts WHERE now() BETWEEN starts AND ends;
CREATE MATERIALIZED VIEW hours AS
    SELECT agent, sum(ends - starts) AS worked FROM shifts GROUP BY agent;
CREATE UNIQUE INDEX hours_agent ON hours (agent);
GRANT SELECT ON on_now, hours TO app_reader;
-- new
CREATE EXTENSION btree_gist;
CREATE DOMAIN agent_no AS integer CHECK (VALUE BETWEEN 1000 AND 9999);
CREATE TABLE shifts (
    agent agent_no NOT NULL,
    span tstzrange NOT NULL,
    site text NOT NULL DEFAULT 'berlin',
    CONSTRAINT shift_bounded CHECK (NOT isempty(span) AND NOT upper_inf(span)),
    CONSTRAINT one_at_a_time EXCLUDE USING gist ((agent::integer) WITH =, span WITH &&)
);
CREATE INDEX shifts_when ON shifts USING gist (span);
CREATE VIEW on_now AS SELECT agent, site FROM shifts WHERE span @> now();
CREATE MATERIALIZED VIEW hours AS
    SELECT agent, sum(upper(span) - lower(span)) AS worked FROM shifts GROUP BY agent;
CREATE UNIQUE INDEX hours_agent ON hours (agent);
GRANT SELECT ON on_now, hours TO app_reader;
