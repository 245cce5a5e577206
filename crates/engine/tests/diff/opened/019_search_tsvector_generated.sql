-- old
CREATE EXTENSION unaccent;
CREATE TEXT SEARCH CONFIGURATION fr (COPY = pg_catalog.french);
CREATE TABLE articles (
    id bigint PRIMARY KEY,
    title text NOT NULL,
    body text NOT NULL,
    search tsvector GENERATED ALWAYS AS (to_tsvector('french', title || ' ' || body)) STORED
);
CREATE INDEX articles_search ON articles USING gin (search);
CREATE VIEW article_hits AS SELECT id, title, search FROM articles;
COMMENT ON TEXT SEARCH CONFIGURATION fr IS 'French without accents';
-- new
CREATE EXTENSION unaccent;
CREATE TEXT SEARCH CONFIGURATION fr (COPY = pg_catalog.french);
ALTER TEXT SEARCH CONFIGURATION fr ALTER MAPPING FOR hword, hword_part, word WITH unaccent, french_stem;
CREATE TABLE articles (
    id bigint PRIMARY KEY,
    title text NOT NULL,
    body text NOT NULL,
    search tsvector GENERATED ALWAYS AS (setweight(to_tsvector('public.fr', title), 'A') || setweight(to_tsvector('public.fr', body), 'B')) STORED
);
CREATE INDEX articles_search ON articles USING gin (search);
CREATE VIEW article_hits AS SELECT id, title, search, length(body) AS chars FROM articles;
COMMENT ON TEXT SEARCH CONFIGURATION fr IS 'French without accents';
