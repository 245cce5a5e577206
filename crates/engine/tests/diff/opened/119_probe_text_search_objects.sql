-- old
CREATE TEXT SEARCH DICTIONARY en_stem (TEMPLATE = pg_catalog.snowball, language = 'english', stopwords = 'english');
CREATE TEXT SEARCH CONFIGURATION en (PARSER = pg_catalog."default");
ALTER TEXT SEARCH CONFIGURATION en ADD MAPPING FOR asciiword, word WITH en_stem;
ALTER TEXT SEARCH CONFIGURATION en OWNER TO app_owner;
CREATE TABLE t (body text, ts tsvector GENERATED ALWAYS AS (to_tsvector('public.en', body)) STORED);
CREATE INDEX t_ts ON t USING gin (to_tsvector('public.en'::regconfig, body));
-- new
CREATE TEXT SEARCH DICTIONARY en_stem (TEMPLATE = pg_catalog.snowball, language = 'english');
CREATE TEXT SEARCH DICTIONARY plain (TEMPLATE = pg_catalog.simple, accept = 'false');
CREATE TEXT SEARCH CONFIGURATION en (PARSER = pg_catalog."default");
ALTER TEXT SEARCH CONFIGURATION en ADD MAPPING FOR asciiword, word, hword WITH plain, en_stem;
ALTER TEXT SEARCH CONFIGURATION en ADD MAPPING FOR email, url WITH simple;
ALTER TEXT SEARCH CONFIGURATION en OWNER TO app_owner;
CREATE TABLE t (body text, ts tsvector GENERATED ALWAYS AS (to_tsvector('public.en', body)) STORED);
CREATE INDEX t_ts ON t USING gin (to_tsvector('public.en'::regconfig, body));
