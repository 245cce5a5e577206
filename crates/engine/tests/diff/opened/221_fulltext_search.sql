-- old
CREATE EXTENSION unaccent;
CREATE TEXT SEARCH CONFIGURATION docs (COPY = simple);
CREATE TABLE doc (id serial PRIMARY KEY, lang regconfig DEFAULT 'english', title text, body text, tsv tsvector);
CREATE INDEX doc_tsv ON doc USING gist (tsv);
CREATE TRIGGER doc_tsv_update BEFORE INSERT OR UPDATE ON doc FOR EACH ROW EXECUTE FUNCTION tsvector_update_trigger(tsv, 'pg_catalog.english', title, body);
CREATE FUNCTION find(q text) RETURNS SETOF doc LANGUAGE sql STABLE AS $$ SELECT * FROM doc WHERE tsv @@ to_tsquery('docs', q) $$;
COMMENT ON TEXT SEARCH CONFIGURATION docs IS 'plain';
-- new
CREATE SCHEMA ext;
CREATE EXTENSION pg_trgm SCHEMA ext;
CREATE TEXT SEARCH DICTIONARY eng_ispell_like (TEMPLATE = snowball, Language = english, StopWords = english);
CREATE TEXT SEARCH DICTIONARY nostop (TEMPLATE = pg_catalog.simple, accept = false);
CREATE TEXT SEARCH CONFIGURATION docs (PARSER = "default");
ALTER TEXT SEARCH CONFIGURATION docs ADD MAPPING FOR asciiword, word, hword WITH eng_ispell_like, simple;
ALTER TEXT SEARCH CONFIGURATION docs ADD MAPPING FOR int, uint, email WITH nostop;
CREATE FUNCTION weighted(title text, body text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN setweight(to_tsvector('public.docs'::regconfig, COALESCE(title, '')), 'A') || setweight(to_tsvector('public.docs'::regconfig, COALESCE(body, '')), 'D');
CREATE TABLE doc (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lang text NOT NULL DEFAULT 'en', title text NOT NULL, body text, tsv tsvector GENERATED ALWAYS AS (weighted(title, body)) STORED);
CREATE INDEX doc_tsv ON doc USING gin (tsv) WITH (fastupdate = off, gin_pending_list_limit = 128);
CREATE INDEX doc_trgm ON doc USING gist (title ext.gist_trgm_ops (siglen = 32));
CREATE FUNCTION find(q text, lim int DEFAULT 20) RETURNS TABLE (id int, title text, rank real, snippet text) LANGUAGE sql STABLE AS $$ SELECT d.id, d.title, ts_rank(tsv, w), ts_headline('public.docs', body, w) FROM doc d, websearch_to_tsquery('public.docs', q) w WHERE tsv @@ w ORDER BY 3 DESC LIMIT lim $$;
COMMENT ON TEXT SEARCH CONFIGURATION docs IS 'english with numbers';
COMMENT ON TEXT SEARCH DICTIONARY nostop IS 'drops all';
ALTER TEXT SEARCH CONFIGURATION docs OWNER TO app_owner;
