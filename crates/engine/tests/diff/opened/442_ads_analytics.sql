-- old
CREATE SCHEMA raw; CREATE SCHEMA agg;
CREATE TABLE raw.impression (campaign_id int, ts timestamp, country char(2), cost numeric(10,6)) PARTITION BY RANGE (ts);
CREATE TABLE raw.impression_p1 PARTITION OF raw.impression FOR VALUES FROM (MINVALUE) TO ('2025-01-01');
CREATE TABLE raw.impression_p2 PARTITION OF raw.impression FOR VALUES FROM ('2025-01-01') TO (MAXVALUE);
CREATE TABLE raw.campaign (campaign_id int PRIMARY KEY, name text, budget numeric, tags jsonb);
CREATE TABLE agg.daily (campaign_id int, day date, n bigint, cost numeric, PRIMARY KEY (campaign_id, day));
CREATE FUNCTION agg.refresh(d date) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO agg.daily SELECT campaign_id, d, count(*), sum(cost) FROM raw.impression WHERE ts::date = d GROUP BY 1
  ON CONFLICT (campaign_id, day) DO UPDATE SET n = excluded.n, cost = excluded.cost;
  RETURN 1;
END $$;
CREATE VIEW agg.ctr AS SELECT campaign_id, sum(n) AS n FROM agg.daily GROUP BY 1;
CREATE INDEX camp_tags ON raw.campaign USING gin (tags);
CREATE INDEX imp_camp ON raw.impression (campaign_id);
GRANT USAGE ON SCHEMA agg TO app_reader;
GRANT SELECT ON agg.daily, agg.ctr TO app_reader;
-- new
CREATE SCHEMA raw;
CREATE SCHEMA agg;
CREATE TABLE raw.impression (
  campaign_id int NOT NULL,
  ts timestamp,
  country char(2),
  cost numeric(10,6)
) PARTITION BY RANGE (ts);
CREATE TABLE raw.impression_p1 PARTITION OF raw.impression FOR VALUES FROM (MINVALUE) TO ('2025-01-01');
CREATE TABLE raw.impression_p2 PARTITION OF raw.impression FOR VALUES FROM ('2025-01-01') TO (MAXVALUE);
CREATE TABLE raw.campaign (
  campaign_id int PRIMARY KEY,
  name text NOT NULL,
  budget numeric,
  tags jsonb
);
CREATE TABLE agg.daily (
  campaign_id int,
  day date,
  n bigint,
  clicks bigint DEFAULT 0 NOT NULL,
  cost numeric,
  PRIMARY KEY (campaign_id, day)
);
CREATE FUNCTION agg.refresh(d date) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO agg.daily SELECT campaign_id, d, count(*), sum(cost) FROM raw.impression WHERE ts::date = d GROUP BY 1
  ON CONFLICT (campaign_id, day) DO UPDATE SET n = excluded.n, cost = excluded.cost;
  RETURN 1;
END $$;
CREATE VIEW agg.ctr AS SELECT campaign_id, sum(n) AS n, sum(clicks) AS clicks, sum(clicks)::float8 / nullif(sum(n), 0)::float8 AS ctr FROM agg.daily GROUP BY 1;
CREATE MATERIALIZED VIEW agg.top AS SELECT c.name, t.ctr FROM agg.ctr t JOIN raw.campaign c USING (campaign_id) ORDER BY t.ctr DESC NULLS LAST LIMIT 100;
CREATE INDEX camp_tags ON raw.campaign USING gin ((tags -> 'labels'));
CREATE INDEX imp_camp ON raw.impression (campaign_id);
GRANT USAGE ON SCHEMA agg TO app_reader;
GRANT SELECT ON agg.daily, agg.ctr TO app_reader;
GRANT SELECT ON agg.daily, agg.ctr, agg.top TO app_reader;
