-- old
CREATE TABLE quote_lines (
    id bigint PRIMARY KEY,
    qty integer NOT NULL,
    unit_price numeric(10,2) NOT NULL,
    discount_pct numeric(5,2) NOT NULL DEFAULT 0,
    amount numeric(12,2)
);
CREATE FUNCTION calc_amount() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.amount := NEW.qty * NEW.unit_price * (1 - NEW.discount_pct / 100);
    RETURN NEW;
END $$;
CREATE TRIGGER calc BEFORE INSERT OR UPDATE ON quote_lines FOR EACH ROW EXECUTE FUNCTION calc_amount();
CREATE INDEX quote_lines_amount ON quote_lines (amount) INCLUDE (qty);
CREATE VIEW big_lines AS SELECT id, amount FROM quote_lines WHERE amount > 1000;
ALTER TABLE quote_lines ADD CONSTRAINT amount_sane CHECK (amount < 1e9);
COMMENT ON COLUMN quote_lines.amount IS 'Net';
GRANT SELECT (amount) ON quote_lines TO app_reader;
-- new
CREATE TABLE quote_lines (
    id bigint PRIMARY KEY,
    qty integer NOT NULL,
    unit_price numeric(10,2) NOT NULL,
    discount_pct numeric(5,2) NOT NULL DEFAULT 0,
    amount numeric(12,2) GENERATED ALWAYS AS (qty * unit_price * (1 - discount_pct / 100)) STORED
);
CREATE INDEX quote_lines_amount ON quote_lines (amount) INCLUDE (qty);
CREATE VIEW big_lines AS SELECT id, amount FROM quote_lines WHERE amount > 1000;
ALTER TABLE quote_lines ADD CONSTRAINT amount_sane CHECK (amount < 1e9);
COMMENT ON COLUMN quote_lines.amount IS 'Net';
GRANT SELECT (amount) ON quote_lines TO app_reader;
