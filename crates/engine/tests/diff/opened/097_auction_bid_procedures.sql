-- old
CREATE TABLE lots (id int PRIMARY KEY, title text, closes timestamptz NOT NULL);
CREATE TABLE bids (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lot_id int NOT NULL REFERENCES lots,
    bidder text NOT NULL,
    amount money NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX bids_best ON bids (lot_id, amount DESC);
CREATE PROCEDURE place_bid(lot int, who text, amt money) LANGUAGE sql AS $$ INSERT INTO bids (lot_id, bidder, amount) VALUES (lot, who, amt) $$;
CREATE FUNCTION best_bid(lot int) RETURNS money LANGUAGE sql STABLE AS $$ SELECT max(amount) FROM bids WHERE lot_id = lot $$;
CREATE VIEW board AS SELECT id, title, best_bid(id) AS best FROM lots;
GRANT SELECT ON board TO app_reader;
-- new
CREATE TABLE lots (id int PRIMARY KEY, title text, closes timestamptz NOT NULL);
CREATE TABLE bids (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lot_id int NOT NULL REFERENCES lots,
    bidder text NOT NULL,
    amount numeric(12,2) NOT NULL,
    currency char(3) NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX bids_best ON bids (lot_id, currency, amount DESC);
CREATE PROCEDURE place_bid(lot int, who text, amt numeric, cur char(3) DEFAULT 'EUR') LANGUAGE sql AS $$ INSERT INTO bids (lot_id, bidder, amount, currency) VALUES (lot, who, amt, cur) $$;
CREATE FUNCTION best_bid(lot int) RETURNS TABLE (amount numeric, currency char(3)) LANGUAGE sql STABLE AS $$ SELECT max(amount), currency FROM bids WHERE lot_id = lot GROUP BY currency $$;
CREATE VIEW board AS SELECT l.id, l.title, b.amount AS best, b.currency FROM lots l LEFT JOIN LATERAL best_bid(l.id) b ON true;
GRANT SELECT ON board TO app_reader;
