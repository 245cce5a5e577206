-- Rows for the examples' tables.
INSERT INTO customers SELECT n, 'mail' || n, 'name ' || n FROM generate_series(1, 500) AS n;
INSERT INTO products SELECT n, 'sku' || n, 'title ' || n FROM generate_series(1, 500) AS n;
INSERT INTO orders (id, customer_id, product_id, status, total, small_code, note)
SELECT n, 1 + n % 500, 1 + n % 500, CASE WHEN n % 3 = 0 THEN 'open' ELSE 'done' END, n, 'code' || n, 'note ' || n
  FROM generate_series(1, 2000) AS n;
INSERT INTO invoices SELECT n, n, n FROM generate_series(1, 500) AS n;
INSERT INTO events SELECT n, date '2024-01-01' + n % 700, 'kind' FROM generate_series(1, 1000) AS n;
INSERT INTO events_2023 SELECT n, date '2023-01-01' + n % 300, 'kind' FROM generate_series(1, 500) AS n;
INSERT INTO visits SELECT n, date '2025-01-01' + n % 300, n FROM generate_series(1, 500) AS n;
INSERT INTO homes SELECT 'street ' || n FROM generate_series(1, 500) AS n;
INSERT INTO prices SELECT n, n, 'tag' FROM generate_series(1, 500) AS n;
INSERT INTO tickets (mood) SELECT 'happy' FROM generate_series(1, 500);
REFRESH MATERIALIZED VIEW order_counts;
ANALYZE;
