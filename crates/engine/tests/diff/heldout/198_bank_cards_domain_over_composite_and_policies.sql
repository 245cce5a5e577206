-- old
CREATE SCHEMA cards;
CREATE TYPE cards.expiry AS (m smallint, y smallint);
CREATE DOMAIN cards.valid_expiry AS cards.expiry CHECK ((VALUE).m BETWEEN 1 AND 12);
CREATE FUNCTION cards.as_date(e cards.expiry) RETURNS date LANGUAGE sql IMMUTABLE RETURN make_date((e).y
    , (e).m, 1);
CREATE TABLE cards.cards (
    id bigint PRIMARY KEY,
    holder text NOT NULL,
    expiry cards.valid_expiry NOT NULL,
    ends date GENERATED ALWAYS AS (cards.as_date(expiry)) STORED
);
CREATE INDEX cards_ends ON cards.cards (ends);
ALTER TABLE cards.cards ENABLE ROW LEVEL SECURITY;
CREATE POLICY valid ON cards.cards FOR SELECT TO app_reader USING (cards.as_date(expiry) >=
    CURRENT_DATE);
CREATE VIEW cards.expiring WITH (security_barrier) AS SELECT id, ends FROM cards.cards WHERE ends < CURRENT_DATE + 60;
GRANT SELECT ON cards.cards, cards.expiring TO app_reader;
COMMENT ON DOMAIN cards.valid_expiry IS 'Month and year';
-- new
CREATE SCHEMA cards;
CREATE TYPE cards.expiry AS (m smallint, y smallint);
CREATE DOMAIN cards.valid_expiry AS cards.expiry CONSTRAINT month_ok CHECK ((VALUE).m BETWEEN 1 AND 12) CONSTRAINT year_ok CHECK ((VALUE).y >= 2000);
CREATE FUNCTION cards.as_date(e cards.expiry) RETURNS date LANGUAGE sql IMMUTABLE RETURN make_date((e).y
    , (e).m, 1) + interval '1 month' - interval '1 day';
CREATE TABLE cards.cards (
    id bigint PRIMARY KEY,
    holder text NOT NULL,
    expiry cards.valid_expiry NOT NULL,
    ends date GENERATED ALWAYS AS (cards.as_date(expiry)) STORED
);
CREATE INDEX cards_ends ON cards.cards (ends);
ALTER TABLE cards.cards ENABLE ROW LEVEL SECURITY;
CREATE POLICY valid ON cards.cards FOR SELECT TO app_reader USING (cards.as_date(expiry) >=
    CURRENT_DATE - 30);
CREATE VIEW cards.expiring WITH (security_barrier) AS SELECT id, ends FROM cards.cards WHERE ends < CURRENT_DATE + 60;
GRANT SELECT ON cards.cards, cards.expiring TO app_reader;
COMMENT ON DOMAIN cards.valid_expiry IS 'Month and year';
