-- old
CREATE EXTENSION pg_trgm;
CREATE TABLE photos (
    id bigserial PRIMARY KEY,
    tags text NOT NULL DEFAULT '',
    taken date,
    camera text
);
CREATE INDEX photos_tags_trgm ON photos USING gin (tags gin_trgm_ops);
CREATE VIEW tag_list AS SELECT DISTINCT unnest(string_to_array(tags, ',')) AS tag FROM photos;
CREATE FUNCTION with_tag(t text) RETURNS SETOF photos LANGUAGE sql STABLE AS $$ SELECT * FROM photos WHERE tags LIKE '%' || t || '%' $$;
COMMENT ON COLUMN photos.tags IS 'Comma between';
-- new
CREATE TABLE cameras (id serial PRIMARY KEY, maker text NOT NULL, model text NOT NULL, UNIQUE (maker, model));
CREATE TABLE photos (
    id bigserial PRIMARY KEY,
    taken date,
    camera_id int REFERENCES cameras
);
CREATE TABLE tags (id serial PRIMARY KEY, name text NOT NULL);
CREATE UNIQUE INDEX tags_name ON tags (lower(name));
CREATE TABLE photo_tags (photo_id bigint REFERENCES photos ON DELETE CASCADE, tag_id int REFERENCES tags, PRIMARY KEY (photo_id, tag_id));
CREATE INDEX photo_tags_tag ON photo_tags (tag_id);
CREATE VIEW tag_list AS SELECT name AS tag FROM tags;
CREATE FUNCTION with_tag(t text) RETURNS SETOF photos LANGUAGE sql STABLE AS $$ SELECT p.* FROM photos p JOIN photo_tags x ON x.photo_id = p.id JOIN tags g ON g.id = x.tag_id WHERE lower(g.name) = lower(t) $$;
