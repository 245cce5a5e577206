-- old
CREATE TABLE images (id bigserial PRIMARY KEY, path text NOT NULL UNIQUE, width int, height int, uploaded timestamptz DEFAULT now());
CREATE TABLE videos (id bigserial PRIMARY KEY, path text NOT NULL UNIQUE, seconds int, uploaded timestamptz DEFAULT now());
CREATE TABLE post_images (post int, image bigint REFERENCES images, PRIMARY KEY (post, image));
CREATE VIEW media AS SELECT 'image' AS kind, id, path FROM images UNION ALL SELECT 'video', id, path FROM videos;
GRANT SELECT ON media TO app_reader;
COMMENT ON VIEW media IS 'Both kinds';
-- new
CREATE TYPE media_kind AS ENUM ('image', 'video');
CREATE TABLE media (
    id bigserial PRIMARY KEY,
    kind media_kind NOT NULL,
    path text NOT NULL UNIQUE,
    width int, height int, seconds int,
    uploaded timestamptz DEFAULT now(),
    CONSTRAINT by_kind CHECK (CASE kind WHEN 'image' THEN seconds IS NULL ELSE width IS NULL AND height IS NULL END)
);
CREATE VIEW images AS SELECT id, path, width, height FROM media WHERE kind = 'image';
CREATE VIEW videos AS SELECT id, path, seconds FROM media WHERE kind = 'video';
CREATE TABLE post_media (post int, media bigint REFERENCES media ON DELETE CASCADE, PRIMARY KEY (post, media));
GRANT SELECT ON media, images TO app_reader;
COMMENT ON TABLE media IS 'Both kinds';
