-- old
CREATE TABLE trips (
    trip_id bigint NOT NULL,
    country char(2) NOT NULL,
    km numeric(9,1) NOT NULL,
    driver text,
    PRIMARY KEY (trip_id, country)
) PARTITION BY LIST (country);
CREATE TABLE trips_de PARTITION OF trips FOR VALUES IN ('DE');
CREATE TABLE trips_at PARTITION OF trips FOR VALUES IN ('AT');
CREATE TABLE trips_fr PARTITION OF trips FOR VALUES IN ('FR');
CREATE INDEX trips_driver ON trips (driver);
CREATE UNIQUE INDEX trips_fr_km ON trips_fr (driver, km);
CREATE VIEW french_trips AS SELECT * FROM trips_fr;
-- new
CREATE TABLE trips (
    trip_id bigint NOT NULL,
    country char(2) NOT NULL,
    km numeric(9,1) NOT NULL,
    driver text,
    PRIMARY KEY (country, trip_id)
) PARTITION BY LIST (country);
CREATE TABLE trips_dach PARTITION OF trips FOR VALUES IN ('DE', 'AT', 'CH');
CREATE TABLE trips_fr PARTITION OF trips FOR VALUES IN ('FR');
CREATE INDEX trips_driver ON trips (driver);
ALTER TABLE trips_fr ADD CONSTRAINT trips_fr_km UNIQUE (driver, km);
ALTER TABLE trips_fr ALTER driver SET NOT NULL;
ALTER TABLE trips_fr SET (fillfactor = 80);
CREATE VIEW french_trips AS SELECT * FROM trips_fr;
