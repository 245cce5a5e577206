-- old
CREATE SCHEMA stg; CREATE SCHEMA dwh; CREATE SCHEMA mart;
CREATE UNLOGGED TABLE stg.sales_raw (line_no int, payload text, loaded_at timestamptz DEFAULT now());
CREATE TABLE dwh.dim_customer (customer_sk bigserial PRIMARY KEY, customer_bk varchar(20) NOT NULL, name varchar(100), valid_from date NOT NULL, valid_to date);
CREATE TABLE dwh.dim_date (date_sk int PRIMARY KEY, d date NOT NULL UNIQUE, dow smallint);
CREATE TABLE dwh.fact_sales (
  date_sk int NOT NULL, customer_sk bigint NOT NULL, qty int, net numeric(14,2), region char(2) NOT NULL
) PARTITION BY LIST (region);
CREATE TABLE dwh.fact_sales_eu PARTITION OF dwh.fact_sales FOR VALUES IN ('DE','FR','IT');
CREATE TABLE dwh.fact_sales_us PARTITION OF dwh.fact_sales FOR VALUES IN ('US');
ALTER TABLE dwh.fact_sales ADD CONSTRAINT fs_cust FOREIGN KEY (customer_sk) REFERENCES dwh.dim_customer;
CREATE VIEW mart.v_sales AS SELECT d.d, c.name, f.qty, f.net FROM dwh.fact_sales f JOIN dwh.dim_date d USING (date_sk) JOIN dwh.dim_customer c USING (customer_sk);
CREATE MATERIALIZED VIEW mart.mv_month AS SELECT date_trunc('month', d) AS m, sum(net) AS net FROM mart.v_sales GROUP BY 1;
GRANT USAGE ON SCHEMA mart TO app_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA mart TO app_reader;
-- new
CREATE SCHEMA stg; CREATE SCHEMA dwh; CREATE SCHEMA mart;
CREATE TABLE stg.sales_raw (line_no bigint, payload jsonb, loaded_at timestamptz DEFAULT now(), batch_id uuid);
CREATE TABLE dwh.dim_customer (customer_sk bigserial PRIMARY KEY, customer_bk varchar(20) NOT NULL, name varchar(100), valid_from date NOT NULL, valid_to date DEFAULT 'infinity'::date, is_current boolean GENERATED ALWAYS AS (valid_to = 'infinity'::date) STORED);
CREATE UNIQUE INDEX dim_customer_cur ON dwh.dim_customer (customer_bk) INCLUDE (customer_sk) WHERE is_current;
CREATE TABLE dwh.dim_date (date_sk int PRIMARY KEY, d date NOT NULL UNIQUE, dow smallint, iso_week smallint);
CREATE TABLE dwh.fact_sales (
  date_sk int NOT NULL, customer_sk bigint NOT NULL, qty numeric(12,3), net numeric(16,4), region char(2) NOT NULL
) PARTITION BY RANGE (date_sk);
CREATE TABLE dwh.fact_sales_2023 PARTITION OF dwh.fact_sales FOR VALUES FROM (20230101) TO (20240101);
CREATE TABLE dwh.fact_sales_2024 PARTITION OF dwh.fact_sales FOR VALUES FROM (20240101) TO (20250101) PARTITION BY LIST (region);
CREATE TABLE dwh.fact_sales_2024_eu PARTITION OF dwh.fact_sales_2024 FOR VALUES IN ('DE','FR','IT','ES');
CREATE TABLE dwh.fact_sales_2024_rest PARTITION OF dwh.fact_sales_2024 DEFAULT;
ALTER TABLE dwh.fact_sales ADD CONSTRAINT fs_cust FOREIGN KEY (customer_sk) REFERENCES dwh.dim_customer;
CREATE VIEW mart.v_sales AS SELECT d.d, c.name, f.qty, f.net, f.region FROM dwh.fact_sales f JOIN dwh.dim_date d USING (date_sk) JOIN dwh.dim_customer c USING (customer_sk);
CREATE MATERIALIZED VIEW mart.mv_month AS SELECT date_trunc('month', d) AS m, region, sum(net) AS net FROM mart.v_sales GROUP BY 1, 2 WITH NO DATA;
CREATE UNIQUE INDEX mv_month_uq ON mart.mv_month (m, region);
GRANT USAGE ON SCHEMA mart TO app_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA mart TO app_reader;
CREATE STATISTICS dwh.fs_stat (dependencies, ndistinct) ON date_sk, region FROM dwh.fact_sales;
