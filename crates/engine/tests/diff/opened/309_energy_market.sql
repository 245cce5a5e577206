-- old
CREATE TABLE plant (id int PRIMARY KEY, name text, fuel text, mw int);
CREATE TABLE price (hour timestamp PRIMARY KEY, eur numeric(8,2));
CREATE TABLE output (plant int REFERENCES plant, hour timestamp REFERENCES price, mwh numeric(8,2), PRIMARY KEY (plant, hour));
CREATE MATERIALIZED VIEW income AS SELECT plant, date_trunc('day', hour) AS day, sum(mwh * eur) AS eur FROM output JOIN price USING (hour) GROUP BY 1, 2;
CREATE INDEX income_day ON income (day);
CREATE VIEW by_fuel AS SELECT p.fuel, sum(i.eur) AS eur FROM income i JOIN plant p ON p.id = i.plant GROUP BY p.fuel;
CREATE TABLE bid (id serial, plant int REFERENCES plant, from_hour timestamp, to_hour timestamp, eur numeric);
-- new
CREATE DOMAIN eic AS char(16) CHECK (VALUE ~ '^[0-9A-Z-]{16}$');
CREATE TYPE hours AS RANGE (subtype = timestamptz, multirange_type_name = hour_sets);
CREATE FUNCTION hour_diff(a timestamptz, b timestamptz) RETURNS float8 LANGUAGE sql IMMUTABLE RETURN EXTRACT(epoch FROM a - b) / 3600;
CREATE TABLE fuel (code char(3) PRIMARY KEY, co2 numeric(6,3) NOT NULL DEFAULT 0);
CREATE TABLE unit (eic eic PRIMARY KEY, name text NOT NULL, fuel char(3) REFERENCES fuel, mw numrange NOT NULL, outages hour_sets NOT NULL DEFAULT '{}');
CREATE TABLE price (zone char(2) DEFAULT 'DE', hour timestamptz, eur numeric(9,3) NOT NULL, PRIMARY KEY (zone, hour)) PARTITION BY LIST (zone);
CREATE TABLE price_de PARTITION OF price FOR VALUES IN ('DE', 'LU');
CREATE TABLE price_other PARTITION OF price DEFAULT;
CREATE TABLE output (eic eic REFERENCES unit ON UPDATE CASCADE, zone char(2) DEFAULT 'DE', hour timestamptz, mwh numeric(10,3) NOT NULL, PRIMARY KEY (eic, zone, hour), FOREIGN KEY (zone, hour) REFERENCES price);
CREATE TABLE bid (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, eic eic NOT NULL REFERENCES unit, during hours NOT NULL, steps numeric(9,2)[][] NOT NULL CHECK (array_ndims(steps) = 2), CHECK (NOT isempty(during)));
CREATE INDEX bid_during ON bid USING gist (during);
ALTER TABLE bid ADD CONSTRAINT no_double EXCLUDE USING gist (during WITH &&) WHERE (eic IS NULL);
CREATE VIEW income_hourly AS SELECT eic, zone, hour, mwh * eur AS eur, mwh * f.co2 AS co2 FROM output JOIN price USING (zone, hour) JOIN unit USING (eic) LEFT JOIN fuel f ON f.code = unit.fuel;
CREATE MATERIALIZED VIEW income AS SELECT eic, date_trunc('day', hour) AS day, sum(eur) AS eur, sum(co2) AS co2 FROM income_hourly GROUP BY 1, 2;
CREATE UNIQUE INDEX income_day ON income (day, eic);
CREATE VIEW by_fuel AS SELECT u.fuel, sum(i.eur) AS eur, sum(i.co2) AS co2 FROM income i JOIN unit u USING (eic) GROUP BY ROLLUP (u.fuel);
