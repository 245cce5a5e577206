-- old
CREATE TABLE source (id int PRIMARY KEY, url text NOT NULL, kind char(1) DEFAULT 'r');
CREATE TABLE article (id bigserial PRIMARY KEY, source_id int REFERENCES source, guid text, title text, published timestamptz, lang regconfig DEFAULT 'english');
CREATE MATERIALIZED VIEW article_search AS SELECT id, to_tsvector(lang, title) AS tsv FROM article;
CREATE INDEX article_search_tsv ON article_search USING gin (tsv);
CREATE TABLE feed_stats (source_id int PRIMARY KEY REFERENCES source, n bigint, last timestamptz);
CREATE VIEW fresh AS SELECT a.id, a.title, s.url FROM article a JOIN source s ON s.id = a.source_id WHERE a.published > now() - '1 day'::interval;
CREATE FUNCTION find(q text) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$ SELECT id FROM article_search WHERE tsv @@ to_tsquery(q) $$;
CREATE PROCEDURE recount() LANGUAGE sql AS $$ DELETE FROM feed_stats; INSERT INTO feed_stats SELECT source_id, count(*), max(published) FROM article GROUP BY 1 $$;
GRANT SELECT ON article_search TO app_reader;
GRANT SELECT ON feed_stats TO app_reader;
-- new
CREATE TABLE source (id int PRIMARY KEY, url text NOT NULL, kind char(1) DEFAULT 'r');
CREATE TABLE article (id bigserial PRIMARY KEY, source_id int REFERENCES source, guid text, title text, published timestamptz, lang regconfig DEFAULT 'english');
CREATE TABLE article_search (id bigint PRIMARY KEY REFERENCES article ON DELETE CASCADE, tsv tsvector NOT NULL);
CREATE INDEX article_search_tsv ON article_search USING gin (tsv);
CREATE MATERIALIZED VIEW feed_stats AS SELECT source_id, count(*) AS n, max(published) AS last FROM article GROUP BY 1;
CREATE VIEW fresh AS SELECT a.id, a.title, s.url FROM article a JOIN source s ON s.id = a.source_id WHERE a.published > now() - '1 day'::interval;
CREATE FUNCTION find(q text) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$ SELECT id FROM article_search WHERE tsv @@ to_tsquery(q) $$;
CREATE PROCEDURE recount() LANGUAGE sql AS $$ DELETE FROM feed_stats; INSERT INTO feed_stats SELECT source_id, count(*), max(published) FROM article GROUP BY 1 $$;
GRANT SELECT ON article_search TO app_reader;
GRANT SELECT ON feed_stats TO app_reader;
