-- old
CREATE TYPE dims AS (w numeric, h numeric, d numeric);
CREATE TABLE parcels (
    id bigint PRIMARY KEY,
    size dims,
    label text
);
CREATE FUNCTION volume(d dims) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT (d).w * (d).h * (d).d $$;
CREATE VIEW big_parcels AS SELECT id, label, volume(size) AS vol FROM parcels WHERE volume(size) > 1000;
CREATE INDEX parcels_width ON parcels (((size).w));
GRANT SELECT ON big_parcels TO app_reader;
-- new
CREATE TYPE dims AS (width numeric(10,2), height numeric(10,2), depth numeric(10,2), unit text);
CREATE TABLE parcels (
    id bigint PRIMARY KEY,
    size dims,
    label text
);
CREATE FUNCTION volume(d dims) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT (d).width * (d).height * (d).depth $$;
CREATE VIEW big_parcels AS SELECT id, label, volume(size) AS vol FROM parcels WHERE volume(size) > 1000;
CREATE INDEX parcels_width ON parcels (((size).width));
GRANT SELECT ON big_parcels TO app_reader;
