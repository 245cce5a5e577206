-- old
CREATE TABLE visitors (id uuid PRIMARY KEY, first_seen timestamptz NOT NULL);
CREATE TABLE steps (
    visitor uuid NOT NULL REFERENCES visitors,
    step text NOT NULL,
    at timestamptz NOT NULL
);
CREATE VIEW funnel AS
    SELECT step, count(DISTINCT visitor) AS visitors
        , lag(count(DISTINCT visitor)) OVER (ORDER BY step) AS previous
    FROM steps GROUP BY step;
CREATE VIEW funnel_rates AS
    SELECT step, visitors::numeric / nullif(previous, 0) AS rate FROM funnel;
CREATE VIEW by_rollup AS SELECT step, date_trunc('day', at) AS d, count(*) AS n FROM steps
    GROUP BY ROLLUP (step, 2);
CREATE VIEW first_steps AS SELECT v.id, s.step FROM visitors v, LATERAL (SELECT step FROM steps WHERE visitor = v.id ORDER BY at LIMIT 1) s;
GRANT SELECT ON funnel, funnel_rates, by_rollup, first_steps TO app_reader;
COMMENT ON COLUMN funnel_rates.rate IS 'Share';
-- new
CREATE TABLE visitors (id uuid PRIMARY KEY, first_seen timestamptz NOT NULL);
CREATE TABLE steps (
    visitor uuid NOT NULL REFERENCES visitors,
    step text NOT NULL,
    at timestamptz NOT NULL
);
CREATE VIEW funnel AS
    SELECT step, count(DISTINCT visitor) AS visitors
        , count(DISTINCT visitor) FILTER (WHERE at > now() - interval '7 days') AS recent
    FROM steps GROUP BY step;
CREATE VIEW funnel_rates AS
    WITH f AS MATERIALIZED (SELECT * FROM funnel) SELECT step, recent::numeric / nullif(visitors, 0) AS rate FROM f;
CREATE VIEW by_rollup AS SELECT step, date_trunc('day', at) AS d, count(*) AS n FROM steps
    GROUP BY GROUPING SETS ((step, 2), (step), ());
CREATE VIEW first_steps AS SELECT v.id, s.step FROM visitors v LEFT JOIN LATERAL (SELECT step FROM steps WHERE visitor = v.id ORDER BY at FETCH FIRST 1 ROW WITH TIES) s ON true;
GRANT SELECT ON funnel, funnel_rates, by_rollup, first_steps TO app_reader;
COMMENT ON COLUMN funnel_rates.rate IS 'Share';
