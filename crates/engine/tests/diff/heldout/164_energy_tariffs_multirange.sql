-- old
CREATE TYPE tariff AS ENUM ('peak', 'off_peak');
CREATE TABLE tariff_hours (
    t tariff PRIMARY KEY,
    hours int4range NOT NULL
);
CREATE INDEX tariff_hours_gist ON tariff_hours USING gist (hours);
CREATE FUNCTION tariff_at(h int) RETURNS tariff LANGUAGE sql STABLE RETURN (SELECT t FROM tariff_hours WHERE hours @> h LIMIT 1);
CREATE VIEW now_tariff AS SELECT tariff_at(EXTRACT(hour FROM now())::int) AS t;
CREATE TABLE prices (t tariff REFERENCES tariff_hours, valid daterange, cents numeric(8,4), PRIMARY KEY (t, valid)
);
COMMENT ON COLUMN tariff_hours.hours IS 'Hours of the day';
-- new
CREATE TYPE tariff AS ENUM ('peak', 'off_peak');
CREATE TABLE tariff_hours (
    t tariff PRIMARY KEY,
    hours int4multirange NOT NULL DEFAULT '{}'
);
CREATE INDEX tariff_hours_gist ON tariff_hours USING gist (hours multirange_ops);
CREATE FUNCTION tariff_at(h int) RETURNS tariff LANGUAGE sql STABLE RETURN (SELECT t FROM tariff_hours WHERE hours @> h LIMIT 1);
CREATE VIEW now_tariff AS SELECT tariff_at(EXTRACT(hour FROM now())::int) AS t;
CREATE TABLE prices (t tariff REFERENCES tariff_hours, valid daterange, cents numeric(8,4), PRIMARY KEY (t, valid)
    , CHECK (NOT isempty(valid))
);
COMMENT ON COLUMN tariff_hours.hours IS 'Hours of the day';
