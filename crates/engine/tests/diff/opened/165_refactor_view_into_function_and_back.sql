-- old
CREATE TABLE sales (id int PRIMARY KEY, shop int NOT NULL, day date NOT NULL, total numeric NOT NULL);
CREATE VIEW shop_totals AS SELECT shop, sum(total) AS total FROM sales GROUP BY shop;
CREATE FUNCTION best_shops(n int) RETURNS SETOF shop_totals LANGUAGE sql STABLE AS $$ SELECT * FROM shop_totals ORDER BY total DESC LIMIT n $$;
GRANT SELECT ON shop_totals TO app_reader;
CREATE MATERIALIZED VIEW share AS SELECT shop, total / sum(total) OVER () AS share FROM
    shop_totals;
CREATE UNIQUE INDEX share_shop ON share (shop);
-- new
CREATE TABLE sales (id int PRIMARY KEY, shop int NOT NULL, day date NOT NULL, total numeric NOT NULL);
CREATE FUNCTION shop_totals(since date DEFAULT NULL) RETURNS TABLE (shop int, total numeric) LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT s.shop, sum(s.total) FROM sales s WHERE since IS NULL OR s.day >= since GROUP BY s.shop;
    END;
CREATE VIEW best_shops AS SELECT t.shop, t.total FROM shop_totals() t ORDER BY t.total DESC LIMIT 10;
GRANT SELECT ON best_shops TO app_reader;
CREATE MATERIALIZED VIEW share AS SELECT shop, total / sum(total) OVER () AS share FROM
    shop_totals('2024-01-01'::date);
CREATE UNIQUE INDEX share_shop ON share (shop);
