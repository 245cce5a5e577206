-- old
CREATE TABLE stock (sku text PRIMARY KEY, qty int);
CREATE TABLE totals (n bigint);
CREATE FUNCTION sum_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN UPDATE totals SET n = n + (SELECT sum(qty) FROM added); RETURN NULL; END $$;
CREATE TRIGGER stock_sum AFTER INSERT ON stock REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION sum_up();
CREATE TRIGGER stock_trunc BEFORE TRUNCATE ON stock EXECUTE FUNCTION sum_up();
-- new
CREATE TABLE stock (sku text PRIMARY KEY, qty int);
CREATE TABLE totals (n bigint);
CREATE FUNCTION sum_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN UPDATE totals SET n = n + (SELECT sum(qty) FROM fresh) - coalesce((SELECT sum(qty) FROM stale), 0); RETURN NULL; END $$;
CREATE TRIGGER stock_sum AFTER UPDATE ON stock REFERENCING OLD TABLE AS stale NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION sum_up();
CREATE TRIGGER stock_trunc BEFORE TRUNCATE ON stock EXECUTE FUNCTION sum_up();
