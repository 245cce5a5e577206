-- old
CREATE TYPE geo_pos AS (lat double precision, lon double precision);
CREATE TYPE stop_t AS (code varchar(8), name text, pos geo_pos, opened date);
CREATE TABLE bus_stop OF stop_t (PRIMARY KEY (code), name WITH OPTIONS NOT NULL);
CREATE TABLE tram_stop OF stop_t (PRIMARY KEY (code));
CREATE TABLE line (id int PRIMARY KEY, stops varchar(8)[], colour char(6) DEFAULT '000000');
CREATE FUNCTION dist(a geo_pos, b geo_pos) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$ SELECT sqrt((a.lat-b.lat)^2 + (a.lon-b.lon)^2) $$;
CREATE VIEW all_stop AS SELECT 'bus' AS mode, * FROM bus_stop UNION ALL SELECT 'tram', * FROM tram_stop;
CREATE FUNCTION nearest(p geo_pos) RETURNS stop_t LANGUAGE sql STABLE AS $$ SELECT s FROM bus_stop s ORDER BY dist(s.pos, p) LIMIT 1 $$;
-- new
CREATE TYPE geo_pos AS (lat double precision, lon double precision, alt real);
CREATE TYPE stop_t AS (code varchar(12), name text, pos geo_pos, wheelchair boolean);
CREATE TABLE bus_stop OF stop_t (PRIMARY KEY (code), name WITH OPTIONS NOT NULL, wheelchair WITH OPTIONS DEFAULT false);
CREATE TABLE tram_stop (code varchar(12) PRIMARY KEY, name text NOT NULL, pos geo_pos, wheelchair boolean, platforms int DEFAULT 2);
CREATE TABLE line (
  id int PRIMARY KEY,
  colour char(6) DEFAULT '000000'
);
CREATE TABLE line_stop (line_id int REFERENCES line ON DELETE CASCADE, seq int, bus_stop varchar(12) REFERENCES bus_stop, tram_stop varchar(12) REFERENCES tram_stop, PRIMARY KEY (line_id, seq), CHECK (num_nonnulls(bus_stop, tram_stop) = 1));
CREATE FUNCTION dist(a geo_pos, b geo_pos) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT sqrt((a.lat-b.lat)^2 + (a.lon-b.lon)^2) $$;
CREATE VIEW all_stop AS SELECT 'bus' AS mode, code, name, pos FROM bus_stop UNION ALL SELECT 'tram', code, name, pos FROM tram_stop;
CREATE FUNCTION nearest(p geo_pos, k int DEFAULT 1) RETURNS SETOF stop_t LANGUAGE sql STABLE AS $$ SELECT s.* FROM bus_stop s ORDER BY dist(s.pos, p) LIMIT k $$;
CREATE INDEX bus_stop_lat ON bus_stop (((pos).lat));
