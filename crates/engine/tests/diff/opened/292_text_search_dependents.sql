-- old
CREATE SCHEMA ts;
CREATE TEXT SEARCH DICTIONARY ts.en (TEMPLATE = snowball, language = 'english');
CREATE TEXT SEARCH DICTIONARY ts.simp (TEMPLATE = pg_catalog.simple, stopwords = 'english');
CREATE TEXT SEARCH CONFIGURATION ts.conf (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION ts.conf ALTER MAPPING REPLACE english_stem WITH ts.en;
ALTER TEXT SEARCH CONFIGURATION ts.conf DROP MAPPING FOR url, url_path, host;
CREATE TEXT SEARCH CONFIGURATION ts.other (COPY = pg_catalog.simple);
CREATE TABLE doc (id int PRIMARY KEY, t text, v tsvector GENERATED ALWAYS AS (to_tsvector('ts.conf', t)) STORED, cfg regconfig DEFAULT 'ts.other');
CREATE INDEX doc_v ON doc USING gin (v);
CREATE INDEX doc_e ON doc USING gin (to_tsvector('ts.other', t));
CREATE VIEW hits AS SELECT id FROM doc WHERE to_tsvector('ts.conf', t) @@ to_tsquery('ts.conf', 'x');
CREATE FUNCTION q(text) RETURNS tsquery LANGUAGE sql STABLE RETURN websearch_to_tsquery('ts.conf'::regconfig, $1);
-- new
CREATE SCHEMA ts;
CREATE EXTENSION unaccent SCHEMA ts;
CREATE TEXT SEARCH DICTIONARY ts.en (TEMPLATE = snowball, language = 'english', stopwords = 'english');
CREATE TEXT SEARCH DICTIONARY ts.simp (TEMPLATE = pg_catalog.simple, accept = 'false');
CREATE TEXT SEARCH DICTIONARY ts.syn (TEMPLATE = ts.unaccent, rules = 'unaccent');
CREATE TEXT SEARCH CONFIGURATION ts.conf (COPY = pg_catalog.german);
ALTER TEXT SEARCH CONFIGURATION ts.conf ALTER MAPPING FOR word, asciiword WITH ts.syn, ts.simp, ts.en;
CREATE TEXT SEARCH CONFIGURATION ts.third (COPY = pg_catalog.simple);
CREATE TABLE doc (id int PRIMARY KEY, t text, v tsvector GENERATED ALWAYS AS (to_tsvector('ts.third', t)) STORED, cfg regconfig DEFAULT 'ts.conf');
CREATE INDEX doc_v ON doc USING gist (v tsvector_ops (siglen = 64));
CREATE INDEX doc_e ON doc USING gin (to_tsvector('ts.third', t));
CREATE VIEW hits AS SELECT id, ts_rank(v, to_tsquery('ts.conf', 'x')) AS r FROM doc WHERE to_tsvector('ts.conf', t) @@ to_tsquery('ts.conf', 'x');
CREATE FUNCTION q(text) RETURNS tsquery LANGUAGE sql STABLE RETURN websearch_to_tsquery('ts.third'::regconfig, $1);
