-- old
CREATE TABLE clicks (visitor bigint NOT NULL, at
    timestamp
     NOT NULL, url text NOT NULL);
CREATE INDEX clicks_visitor ON clicks (visitor, at);
CREATE VIEW gaps AS SELECT visitor, at, url, at - lag(at) OVER w AS gap FROM clicks WINDOW w AS (PARTITION BY visitor ORDER BY at);
CREATE VIEW starts AS SELECT *, (gap IS NULL OR gap > interval
    '30 minutes'
     ) AS is_start FROM gaps;
CREATE VIEW sessions AS SELECT visitor, at, count(*) FILTER (WHERE is_start) OVER (PARTITION BY visitor ORDER BY at) AS session FROM starts;
CREATE MATERIALIZED VIEW session_summary AS SELECT visitor, session, min(at) AS began, max(at) AS ended, count(*) AS clicks FROM sessions GROUP BY visitor, session;
CREATE UNIQUE INDEX session_summary_key ON session_summary (visitor, session);
CREATE INDEX session_summary_began ON session_summary (date(began
));
COMMENT ON VIEW sessions IS 'Numbered from 1';
COMMENT ON COLUMN session_summary.clicks IS 'At least one';
GRANT SELECT ON sessions, session_summary TO app_reader;
-- new
CREATE TABLE clicks (visitor bigint NOT NULL, at
    timestamptz
     NOT NULL, url text NOT NULL);
CREATE INDEX clicks_visitor ON clicks (visitor, at);
CREATE VIEW gaps AS SELECT visitor, at, url, at - lag(at) OVER w AS gap FROM clicks WINDOW w AS (PARTITION BY visitor ORDER BY at);
CREATE VIEW starts AS SELECT *, (gap IS NULL OR gap > interval
    '20 minutes'
     ) AS is_start FROM gaps;
CREATE VIEW sessions AS SELECT visitor, at, count(*) FILTER (WHERE is_start) OVER (PARTITION BY visitor ORDER BY at) AS session FROM starts;
CREATE MATERIALIZED VIEW session_summary AS SELECT visitor, session, min(at) AS began, max(at) AS ended, count(*) AS clicks FROM sessions GROUP BY visitor, session;
CREATE UNIQUE INDEX session_summary_key ON session_summary (visitor, session);
CREATE INDEX session_summary_began ON session_summary (date(began
    AT TIME ZONE 'UTC'
));
COMMENT ON VIEW sessions IS 'Numbered from 1';
COMMENT ON COLUMN session_summary.clicks IS 'At least one';
GRANT SELECT ON sessions, session_summary TO app_reader;
