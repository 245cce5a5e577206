-- old
CREATE EXTENSION cube;
CREATE EXTENSION earthdistance;
CREATE TABLE zones (
    id int PRIMARY KEY,
    name text NOT NULL,
    centre point NOT NULL,
    radius_miles double precision NOT NULL
);
CREATE INDEX zones_centre ON zones USING gist (centre);
CREATE FUNCTION zone_of(p point) RETURNS SETOF zones LANGUAGE sql STABLE AS $$ SELECT * FROM zones WHERE centre <@> p < radius_miles $$;
CREATE VIEW big_zones AS SELECT id, name FROM zones WHERE radius_miles > 10;
-- new
CREATE EXTENSION cube;
CREATE EXTENSION earthdistance;
CREATE TABLE zones (
    id int PRIMARY KEY,
    name text NOT NULL,
    lat double precision NOT NULL CHECK (lat BETWEEN -90 AND 90),
    lon double precision NOT NULL CHECK (lon BETWEEN -180 AND 180),
    radius_m double precision NOT NULL DEFAULT 1000
);
CREATE INDEX zones_earth ON zones USING gist (ll_to_earth(lat, lon));
CREATE FUNCTION zone_of(la double precision, lo double precision) RETURNS SETOF zones LANGUAGE sql STABLE AS $$ SELECT * FROM zones WHERE earth_distance(ll_to_earth(lat, lon), ll_to_earth(la, lo)) < radius_m $$;
CREATE VIEW big_zones AS SELECT id, name FROM zones WHERE radius_m > 16000;
