-- old
CREATE EXTENSION ltree;
CREATE EXTENSION hstore;
CREATE TABLE member (id bigint PRIMARY KEY, handle varchar(30) UNIQUE, props hstore);
CREATE TABLE follow (a bigint REFERENCES member ON DELETE CASCADE, b bigint REFERENCES member ON DELETE CASCADE, PRIMARY KEY (a, b));
CREATE TABLE comment (id bigserial PRIMARY KEY, author bigint REFERENCES member, path ltree, body text);
CREATE INDEX comment_path ON comment USING gist (path);
CREATE INDEX member_props ON member USING gin (props);
CREATE RECURSIVE VIEW reach (src, dst, depth) AS
  SELECT a, b, 1 FROM follow UNION SELECT r.src, f.b, r.depth + 1 FROM reach r JOIN follow f ON f.a = r.dst WHERE r.depth < 3;
CREATE FUNCTION thread(p ltree) RETURNS SETOF comment LANGUAGE sql STABLE AS $$ SELECT * FROM comment WHERE path <@ p ORDER BY path $$;
-- new
CREATE EXTENSION ltree;
CREATE EXTENSION hstore;
CREATE TABLE member (
  id bigint PRIMARY KEY,
  handle varchar(30) UNIQUE,
  props jsonb NOT NULL DEFAULT '{}'
);
CREATE TABLE follow (
  a bigint REFERENCES member ON DELETE CASCADE,
  b bigint REFERENCES member ON DELETE CASCADE,
  muted boolean NOT NULL DEFAULT false,
  PRIMARY KEY (a, b),
  CONSTRAINT no_self CHECK (a <> b)
);
CREATE TABLE comment (
  id bigserial PRIMARY KEY,
  author bigint REFERENCES member ON DELETE SET NULL,
  path ltree,
  body text,
  depth int GENERATED ALWAYS AS (nlevel(path)) STORED
);
CREATE INDEX comment_path ON comment USING gist (path);
CREATE INDEX member_props ON member USING gin (props);
CREATE RECURSIVE VIEW reach (src, dst, depth) AS
  SELECT a, b, 1 FROM follow UNION SELECT r.src, f.b, r.depth + 1 FROM reach r JOIN follow f ON f.a = r.dst WHERE r.depth < 3;
CREATE MATERIALIZED VIEW suggestions AS SELECT src, dst, count(*) AS n FROM reach WHERE depth = 2 GROUP BY 1, 2;
CREATE FUNCTION thread(p ltree) RETURNS SETOF comment LANGUAGE sql STABLE AS $$ SELECT * FROM comment WHERE path <@ p ORDER BY path $$;
