-- old
CREATE SCHEMA ext;
CREATE EXTENSION hstore WITH SCHEMA ext;
CREATE EXTENSION cube WITH SCHEMA ext;
CREATE TABLE place (id bigint PRIMARY KEY, name text, tags ext.hstore, lat real, lon real);
CREATE INDEX place_tags ON place USING gist (tags ext.gist_hstore_ops);
CREATE TABLE route (id bigint PRIMARY KEY, name text, stops bigint[] NOT NULL);
CREATE FUNCTION tag(place, text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1.tags OPERATOR(ext.->) $2 $$;
CREATE VIEW cafe AS SELECT id, name, tag(p.*, 'opening_hours') AS opening_hours FROM place p WHERE (tags OPERATOR(ext.->) 'amenity') = 'cafe';
-- new
CREATE SCHEMA ext;
CREATE EXTENSION cube WITH SCHEMA ext;
CREATE EXTENSION earthdistance WITH SCHEMA ext;
CREATE TABLE place (id bigint PRIMARY KEY, name text, tags jsonb NOT NULL DEFAULT '{}', lat double precision CHECK (lat BETWEEN -90 AND 90), lon double precision CHECK (lon BETWEEN -180 AND 180), pos point GENERATED ALWAYS AS (point(lon, lat)) STORED);
CREATE INDEX place_tags ON place USING gin (tags);
CREATE INDEX place_pos ON place USING spgist (pos);
CREATE TABLE route (id bigint PRIMARY KEY, name text, stops bigint[] NOT NULL);
CREATE FUNCTION tag(place, text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1.tags ->> $2 $$;
CREATE FUNCTION near(p point, miles float8) RETURNS SETOF place LANGUAGE sql STABLE AS $$ SELECT * FROM place WHERE (pos OPERATOR(ext.<@>) p) < miles $$;
CREATE VIEW cafe AS SELECT id, name, tag(p.*, 'opening_hours') AS opening_hours, pos FROM place p WHERE tags @> '{"amenity": "cafe"}';
