-- old
CREATE TYPE floatrange AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TABLE carrier (code varchar(4) PRIMARY KEY, name text);
CREATE TABLE tariff (
  carrier varchar(4) REFERENCES carrier,
  weight floatrange NOT NULL,
  price numeric NOT NULL,
  EXCLUDE USING gist (weight WITH &&)
);
CREATE TABLE parcel (barcode text PRIMARY KEY, weight float8, sent date, carrier varchar(4));
CREATE FUNCTION price_of(c varchar, w float8) RETURNS numeric LANGUAGE sql STABLE AS $$ SELECT price FROM tariff t WHERE t.carrier = c AND t.weight @> w $$;
CREATE VIEW parcel_cost AS SELECT p.barcode, price_of(p.carrier, p.weight) AS cost FROM parcel p;
-- new
CREATE TYPE floatrange AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TYPE weightrange AS RANGE (subtype = numeric, multirange_type_name = weightmultirange);
CREATE TABLE carrier (
  code varchar(4) PRIMARY KEY,
  name text,
  bands weightmultirange
);
CREATE TABLE tariff (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  carrier varchar(8) NOT NULL REFERENCES carrier ON DELETE CASCADE,
  weight weightrange NOT NULL,
  valid daterange NOT NULL DEFAULT daterange(CURRENT_DATE, NULL),
  price numeric NOT NULL
);
CREATE TABLE parcel (
  barcode text PRIMARY KEY,
  weight numeric(8,3),
  sent date,
  carrier varchar(4)
);
CREATE FUNCTION price_of(c varchar, w numeric, d date) RETURNS numeric LANGUAGE sql STABLE AS $$ SELECT price FROM tariff t WHERE t.carrier = c AND t.weight @> w AND t.valid @> d $$;
CREATE VIEW parcel_cost AS SELECT p.barcode, price_of(p.carrier, p.weight, p.sent) AS cost, p.sent FROM parcel p;
