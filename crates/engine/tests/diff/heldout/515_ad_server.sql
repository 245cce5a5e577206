-- old
CREATE TABLE campaign (id int PRIMARY KEY, advertiser text NOT NULL, budget_cents bigint NOT NULL, starts timestamptz, ends timestamptz);
CREATE TABLE creative (id int PRIMARY KEY, campaign_id int NOT NULL REFERENCES campaign, html text, click_url text NOT NULL);
CREATE UNLOGGED TABLE impression_buffer (creative_id int, ip inet, ts timestamptz DEFAULT now());
CREATE TABLE impression (creative_id int NOT NULL, ts timestamptz NOT NULL, ip inet, country char(2)) PARTITION BY RANGE (ts);
CREATE TABLE impression_w01 PARTITION OF impression FOR VALUES FROM ('2025-01-06') TO ('2025-01-13');
CREATE TABLE impression_w02 PARTITION OF impression FOR VALUES FROM ('2025-01-13') TO ('2025-01-20');
CREATE MATERIALIZED VIEW campaign_stats AS SELECT c.campaign_id, count(*) AS n FROM impression i JOIN creative c ON c.id = i.creative_id GROUP BY 1;
CREATE INDEX ON campaign_stats (campaign_id);
-- new
CREATE TABLE campaign (id int PRIMARY KEY, advertiser text NOT NULL, budget_cents bigint NOT NULL, starts timestamptz, ends timestamptz);
CREATE TABLE creative (id int PRIMARY KEY, campaign_id int NOT NULL REFERENCES campaign ON DELETE CASCADE, html text, click_url text NOT NULL, weight real DEFAULT 1.0);
CREATE UNLOGGED TABLE impression_buffer (creative_id int, ip inet, ts timestamptz DEFAULT now());
CREATE TABLE impression (creative_id int NOT NULL, ts timestamptz NOT NULL, ip inet, country char(2), cost_micros bigint DEFAULT 0) PARTITION BY RANGE (ts);
CREATE TABLE impression_w02 PARTITION OF impression FOR VALUES FROM ('2025-01-13') TO ('2025-01-20') WITH (fillfactor = 100);
CREATE TABLE impression_w03 PARTITION OF impression FOR VALUES FROM ('2025-01-20') TO ('2025-01-27');
CREATE TABLE impression_w04 PARTITION OF impression FOR VALUES FROM ('2025-01-27') TO ('2025-02-03');
CREATE INDEX impression_creative ON impression (creative_id, ts);
CREATE MATERIALIZED VIEW campaign_stats AS SELECT c.campaign_id, i.country, count(*) AS n, sum(i.cost_micros) AS cost FROM impression i JOIN creative c ON c.id = i.creative_id GROUP BY 1, 2;
CREATE UNIQUE INDEX campaign_stats_key ON campaign_stats (campaign_id, country);
