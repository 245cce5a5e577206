-- old
CREATE SCHEMA stg;
CREATE SCHEMA dwh;
CREATE TABLE stg.sales_raw (line text, loaded timestamptz DEFAULT now());
CREATE TABLE dwh.dim_date (date_key integer PRIMARY KEY, full_date date NOT NULL, month_name varchar(10), is_weekend boolean);
CREATE TABLE dwh.dim_product (product_key serial PRIMARY KEY, sku varchar(20) NOT NULL, descr varchar(100), valid_from date NOT NULL, valid_to date);
CREATE TABLE dwh.fact_sales (date_key integer NOT NULL, product_key integer NOT NULL, store_no smallint NOT NULL, qty integer NOT NULL, revenue numeric(12,2) NOT NULL);
CREATE INDEX fact_sales_date ON dwh.fact_sales (date_key);
CREATE INDEX fact_sales_product ON dwh.fact_sales (product_key);
CREATE VIEW dwh.v_sales AS SELECT d.full_date, p.sku, f.store_no, f.qty, f.revenue FROM dwh.fact_sales f JOIN dwh.dim_date d USING (date_key) JOIN dwh.dim_product p USING (product_key);
CREATE MATERIALIZED VIEW dwh.mv_month AS SELECT date_trunc('month', full_date) AS m, sku, sum(revenue) AS revenue FROM dwh.v_sales GROUP BY 1, 2;
CREATE PROCEDURE dwh.load_sales() LANGUAGE sql AS $$ TRUNCATE stg.sales_raw $$;
-- new
CREATE SCHEMA stg;
CREATE SCHEMA dwh;
CREATE SCHEMA mart;
CREATE TABLE stg.sales_raw (line text, file_name text, loaded timestamptz DEFAULT now());
CREATE TABLE dwh.dim_date (date_key integer PRIMARY KEY, full_date date NOT NULL, month_name varchar(10), is_weekend boolean);
CREATE TABLE dwh.dim_product (product_key serial PRIMARY KEY, sku varchar(20) NOT NULL, descr varchar(100), valid_from date NOT NULL, valid_to date, UNIQUE (sku, valid_from));
CREATE TABLE dwh.dim_store (store_no smallint PRIMARY KEY, city text NOT NULL, region text);
CREATE TABLE dwh.fact_sales (date_key integer NOT NULL, product_key integer NOT NULL, store_no smallint NOT NULL, qty integer NOT NULL, revenue numeric(12,2) NOT NULL) PARTITION BY RANGE (date_key);
CREATE TABLE dwh.fact_sales_2024 PARTITION OF dwh.fact_sales FOR VALUES FROM (20240101) TO (20250101);
CREATE TABLE dwh.fact_sales_2025 PARTITION OF dwh.fact_sales FOR VALUES FROM (20250101) TO (20260101);
CREATE INDEX fact_sales_date ON dwh.fact_sales (date_key);
CREATE VIEW mart.v_sales AS SELECT d.full_date, p.sku, s.city, f.qty, f.revenue FROM dwh.fact_sales f JOIN dwh.dim_date d USING (date_key) JOIN dwh.dim_product p USING (product_key) JOIN dwh.dim_store s USING (store_no);
CREATE MATERIALIZED VIEW mart.mv_month AS SELECT date_trunc('month', full_date) AS m, sku, city, sum(revenue) AS revenue FROM mart.v_sales GROUP BY 1, 2, 3;
CREATE PROCEDURE dwh.load_sales(IN p_file text, INOUT p_rows integer DEFAULT 0) LANGUAGE plpgsql AS $$
BEGIN
  SELECT count(*) INTO p_rows FROM stg.sales_raw WHERE file_name = p_file;
  DELETE FROM stg.sales_raw WHERE file_name = p_file;
END $$;
GRANT EXECUTE ON PROCEDURE dwh.load_sales(text, integer) TO app_writer;
