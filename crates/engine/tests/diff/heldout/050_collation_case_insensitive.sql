-- old
CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE tags (
    id int PRIMARY KEY,
    label text COLLATE ci NOT NULL UNIQUE,
    path text
);
CREATE INDEX tags_path ON tags (path);
CREATE INDEX tags_path_ci ON tags (path COLLATE ci);
CREATE VIEW sorted_tags AS SELECT id, label FROM tags ORDER BY path COLLATE "C";
-- new
CREATE SCHEMA coll;
CREATE COLLATION coll.ci (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
CREATE TABLE tags (
    id int PRIMARY KEY,
    label text COLLATE coll.ci NOT NULL UNIQUE,
    path text COLLATE "C"
);
CREATE INDEX tags_path ON tags (path);
CREATE INDEX tags_path_ci ON tags (path COLLATE coll.ci DESC, label);
CREATE VIEW sorted_tags AS SELECT id, label FROM tags ORDER BY path COLLATE "C";
