-- old
CREATE DOMAIN currency AS char(3) CHECK (VALUE
    ~ '^[A-Z]{3}$');
CREATE TYPE price AS (amount numeric(10,2), cur currency);
CREATE FUNCTION price_num(price) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT ($1).amount $$;
CREATE CAST (price AS numeric) WITH FUNCTION price_num(price)
    ;
CREATE TABLE offers (
    id int PRIMARY KEY,
    p price NOT NULL,
    old price[],
    CHECK ((p).amount > 0)
);
CREATE INDEX offers_amount ON offers ((p::numeric));
CREATE VIEW eur_offers AS SELECT id, p::numeric AS amount FROM offers WHERE (p).cur = 'EUR';
COMMENT ON TYPE price IS 'Amount with currency';
GRANT SELECT ON eur_offers TO app_reader;
-- new
CREATE DOMAIN currency AS char(3) CHECK (VALUE
    IN ('EUR', 'USD', 'GBP', 'CHF'));
CREATE TYPE price AS (amount numeric(14,4), cur currency, at date);
CREATE FUNCTION price_num(price) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT ($1).amount $$;
CREATE CAST (price AS numeric) WITH FUNCTION price_num(price)
    AS ASSIGNMENT;
CREATE TABLE offers (
    id int PRIMARY KEY,
    p price NOT NULL,
    old price[],
    CHECK ((p).amount > 0)
);
CREATE INDEX offers_amount ON offers ((p::numeric));
CREATE VIEW eur_offers AS SELECT id, p::numeric AS amount FROM offers WHERE (p).cur = 'EUR';
COMMENT ON TYPE price IS 'Amount with currency';
GRANT SELECT ON eur_offers TO app_reader;
