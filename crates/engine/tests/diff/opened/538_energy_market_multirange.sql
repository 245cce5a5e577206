-- old
CREATE TYPE price_range AS RANGE (subtype = numeric);
CREATE TABLE zone (zone text PRIMARY KEY);
CREATE TABLE bid (bid_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, zone text NOT NULL REFERENCES zone, hour timestamptz NOT NULL, side char(1) NOT NULL, mw numeric NOT NULL, limits price_range);
CREATE TABLE auction (zone text, hour timestamptz, price numeric, PRIMARY KEY (zone, hour));
CREATE FUNCTION accepts(price_range, numeric) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 @> $2';
CREATE INDEX bid_limits ON bid USING gist (limits);
-- new
CREATE TYPE price_range AS RANGE (subtype = numeric, multirange_type_name = price_bands);
CREATE TYPE bid_side AS ENUM ('buy', 'sell');
CREATE TABLE zone (zone text PRIMARY KEY);
CREATE TABLE bid (bid_id bigint GENERATED ALWAYS AS IDENTITY, zone text NOT NULL REFERENCES zone, hour timestamptz NOT NULL, side bid_side NOT NULL, mw numeric(9,1) NOT NULL, bands price_bands, PRIMARY KEY (zone, bid_id)) PARTITION BY LIST (zone);
CREATE TABLE bid_de PARTITION OF bid FOR VALUES IN ('DE', 'LU');
CREATE TABLE bid_other PARTITION OF bid DEFAULT;
CREATE TABLE auction (zone text REFERENCES zone, hour timestamptz, price numeric(9,2), volume numeric, PRIMARY KEY (zone, hour));
CREATE FUNCTION accepts(price_bands, numeric) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1 @> $2';
CREATE FUNCTION accepts(price_range, numeric) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1 @> $2';
CREATE AGGREGATE nearest_price(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
