-- old
CREATE SCHEMA tools;
CREATE CONVERSION tools.latin_in FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TABLE lot (lot_no integer PRIMARY KEY, wine text NOT NULL, vintage smallint, reserve numeric(8,0));
CREATE TABLE bid (lot_no integer NOT NULL REFERENCES lot, bidder text NOT NULL, amount numeric(8,0) NOT NULL, at timestamptz DEFAULT now());
CREATE FUNCTION tools.first_step(anyelement, anyelement) RETURNS anyelement LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1';
CREATE AGGREGATE tools.first(anyelement) (SFUNC = tools.first_step, STYPE = anyelement);
CREATE VIEW high AS SELECT lot_no, tools.first(bidder ORDER BY amount DESC, at) AS bidder, max(amount) AS amount FROM bid GROUP BY lot_no;
-- new
CREATE SCHEMA tools;
CREATE DEFAULT CONVERSION tools.latin_out FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
COMMENT ON CONVERSION tools.latin_out IS 'for the printer';
CREATE TABLE lot (lot_no integer PRIMARY KEY, wine text NOT NULL, vintage smallint, reserve numeric(8,0));
CREATE TABLE bid (bid_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lot_no integer NOT NULL REFERENCES lot, bidder text NOT NULL, amount numeric(10,2) NOT NULL, at timestamptz NOT NULL DEFAULT now(), UNIQUE (lot_no, amount));
CREATE FUNCTION tools.first_step(anyelement, anyelement) RETURNS anyelement LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1';
CREATE FUNCTION tools.last_step(anyelement, anyelement) RETURNS anyelement LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT $2';
CREATE AGGREGATE tools.first(anyelement) (SFUNC = tools.first_step, STYPE = anyelement, COMBINEFUNC = tools.first_step, PARALLEL = SAFE);
CREATE AGGREGATE tools.last(anyelement) (SFUNC = tools.last_step, STYPE = anyelement, COMBINEFUNC = tools.last_step, PARALLEL = SAFE);
CREATE VIEW high AS SELECT lot_no, tools.last(bidder ORDER BY amount, at DESC) AS bidder, max(amount) AS amount, count(*) AS bids FROM bid GROUP BY lot_no;
