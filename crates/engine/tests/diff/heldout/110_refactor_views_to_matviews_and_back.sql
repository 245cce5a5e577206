-- old
CREATE TABLE hits (url text NOT NULL, at timestamptz NOT NULL, ms int);
CREATE VIEW per_url AS SELECT url, count(*) AS n, avg(ms) AS ms FROM hits GROUP BY url;
CREATE MATERIALIZED VIEW slow AS SELECT url, ms FROM per_url WHERE ms > 500;
CREATE INDEX slow_ms ON slow (ms);
CREATE VIEW worst AS SELECT url FROM slow ORDER BY ms DESC LIMIT 10;
GRANT SELECT ON per_url, slow, worst TO app_reader;
COMMENT ON VIEW per_url IS 'Per address';
COMMENT ON VIEW worst IS 'Ten worst';
-- new
CREATE TABLE hits (url text NOT NULL, at timestamptz NOT NULL, ms int);
CREATE MATERIALIZED VIEW per_url AS SELECT url, count(*) AS n, avg(ms) AS ms FROM hits GROUP BY url;
CREATE UNIQUE INDEX per_url_url ON per_url (url);
CREATE VIEW slow AS SELECT url, ms FROM per_url WHERE ms > 500;
CREATE VIEW worst AS SELECT url FROM slow ORDER BY ms DESC LIMIT 10;
GRANT SELECT ON per_url, slow, worst TO app_reader;
COMMENT ON MATERIALIZED VIEW per_url IS 'Per address';
COMMENT ON VIEW worst IS 'Ten worst';
