-- old
CREATE EXTENSION unaccent;
CREATE TABLE author (id serial PRIMARY KEY, name text NOT NULL, byline text);
CREATE TABLE article (
    id serial PRIMARY KEY,
    author_id int NOT NULL REFERENCES author ON DELETE CASCADE,
    slug text NOT NULL UNIQUE,
    headline text NOT NULL,
    body text NOT NULL,
    published_at timestamptz
);
CREATE INDEX article_fts ON article USING gin (to_tsvector('english', body));
CREATE FUNCTION slugify(t text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT lower(regexp_replace(unaccent(t), '[^a-zA-Z0-9]+', '-', 'g'))
$$;
CREATE FUNCTION set_slug() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.slug := slugify(NEW.headline);
  RETURN NEW;
END $$;
CREATE TRIGGER article_slug BEFORE INSERT ON article FOR EACH ROW EXECUTE FUNCTION set_slug();
CREATE VIEW front_page AS SELECT a.*, u.name AS author FROM article a JOIN author u ON u.id = a.author_id WHERE published_at IS NOT NULL;
-- new
CREATE EXTENSION unaccent;
CREATE TEXT SEARCH CONFIGURATION news (COPY = english);
ALTER TEXT SEARCH CONFIGURATION news ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem;
CREATE TABLE author (id serial PRIMARY KEY, name text NOT NULL, byline text);
CREATE TABLE section (id smallserial PRIMARY KEY, title text NOT NULL UNIQUE, sort int NOT NULL DEFAULT 0);
CREATE TABLE article (
    id serial PRIMARY KEY,
    author_id int REFERENCES author ON DELETE SET NULL,
    section_id smallint REFERENCES section,
    slug text NOT NULL UNIQUE,
    headline text NOT NULL,
    body text NOT NULL,
    published_at timestamptz,
    tsv tsvector GENERATED ALWAYS AS (setweight(to_tsvector('news'::regconfig, headline), 'A') || to_tsvector('news'::regconfig, body)) STORED
);
CREATE INDEX article_fts ON article USING gin (tsv);
CREATE FUNCTION slugify(t text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT lower(regexp_replace(unaccent(t), '[^a-zA-Z0-9]+', '-', 'g'))
$$;
CREATE FUNCTION set_slug() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.slug := slugify(NEW.headline);
  RETURN NEW;
END $$;
CREATE TRIGGER article_slug BEFORE INSERT ON article FOR EACH ROW EXECUTE FUNCTION set_slug();
CREATE VIEW front_page AS SELECT a.id, a.slug, a.headline, a.published_at, u.name AS author FROM article a LEFT JOIN author u ON u.id = a.author_id WHERE published_at <= now();
ALTER FUNCTION slugify(text) DEPENDS ON EXTENSION unaccent;
