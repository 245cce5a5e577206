-- old
CREATE TABLE sales (
    id bigint PRIMARY KEY,
    region text NOT NULL,
    sold_on date NOT NULL,
    amount integer NOT NULL
);
CREATE MATERIALIZED VIEW sales_by_month AS
    SELECT region, date_trunc('month', sold_on::timestamp) AS month, sum(amount) AS total
    FROM sales GROUP BY 1, 2;
CREATE UNIQUE INDEX sales_by_month_key ON sales_by_month (region, month);
CREATE INDEX sales_by_month_total ON sales_by_month (total DESC NULLS LAST);
COMMENT ON MATERIALIZED VIEW sales_by_month IS 'Refreshed each night';
COMMENT ON INDEX sales_by_month_key IS 'Lets REFRESH run concurrently';
CREATE VIEW top_regions AS SELECT region, sum(total) AS total FROM sales_by_month GROUP BY region;
GRANT SELECT ON sales_by_month, top_regions TO app_reader;
ALTER MATERIALIZED VIEW sales_by_month OWNER TO app_owner;
-- new
CREATE TABLE sales (
    id bigint PRIMARY KEY,
    region text NOT NULL,
    sold_on date NOT NULL,
    amount numeric(14,2) NOT NULL,
    currency char(3) NOT NULL DEFAULT 'EUR'
);
CREATE MATERIALIZED VIEW sales_by_month AS
    SELECT region, currency, date_trunc('month', sold_on::timestamp) AS month, sum(amount) AS total
    FROM sales GROUP BY 1, 2, 3;
CREATE UNIQUE INDEX sales_by_month_key ON sales_by_month (region, currency, month);
CREATE INDEX sales_by_month_total ON sales_by_month (total DESC NULLS LAST);
COMMENT ON MATERIALIZED VIEW sales_by_month IS 'Refreshed each night';
COMMENT ON INDEX sales_by_month_key IS 'Lets REFRESH run concurrently';
CREATE VIEW top_regions AS SELECT region, sum(total) AS total FROM sales_by_month GROUP BY region;
GRANT SELECT ON sales_by_month, top_regions TO app_reader;
ALTER MATERIALIZED VIEW sales_by_month OWNER TO app_owner;
