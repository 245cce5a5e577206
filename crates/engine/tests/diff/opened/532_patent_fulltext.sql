-- old
CREATE SCHEMA ts;
CREATE TEXT SEARCH DICTIONARY ts.en_stem (TEMPLATE = snowball, language = 'english', stopwords = 'english');
CREATE TEXT SEARCH DICTIONARY ts.plain (TEMPLATE = simple);
CREATE TEXT SEARCH CONFIGURATION ts.patent (PARSER = default);
ALTER TEXT SEARCH CONFIGURATION ts.patent ADD MAPPING FOR asciiword, word WITH ts.en_stem;
ALTER TEXT SEARCH CONFIGURATION ts.patent ADD MAPPING FOR numword WITH ts.plain;
CREATE TABLE patent (number varchar(20) PRIMARY KEY, title text NOT NULL, abstract text, granted date);
CREATE INDEX patent_fts ON patent USING gin (to_tsvector('ts.patent', coalesce(title, '') || ' ' || coalesce(abstract, '')));
CREATE FUNCTION find_patent(q text) RETURNS SETOF patent LANGUAGE sql STABLE AS $$ SELECT * FROM patent WHERE to_tsvector('ts.patent', coalesce(title, '') || ' ' || coalesce(abstract, '')) @@ plainto_tsquery('ts.patent', q) $$;
-- new
CREATE SCHEMA ts;
CREATE TEXT SEARCH TEMPLATE ts.my_simple (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY ts.en_stem (TEMPLATE = snowball, language = 'english');
CREATE TEXT SEARCH DICTIONARY ts.plain (TEMPLATE = ts.my_simple, accept = 'true');
CREATE TEXT SEARCH PARSER ts.words (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline);
CREATE TEXT SEARCH CONFIGURATION ts.patent (PARSER = ts.words);
ALTER TEXT SEARCH CONFIGURATION ts.patent ADD MAPPING FOR asciiword, word, hword_asciipart WITH ts.en_stem;
ALTER TEXT SEARCH CONFIGURATION ts.patent ADD MAPPING FOR numword, numhword, version WITH ts.plain;
COMMENT ON TEXT SEARCH CONFIGURATION ts.patent IS 'stop words are kept on purpose';
CREATE TABLE patent (number varchar(20) PRIMARY KEY, office char(2) NOT NULL DEFAULT 'EP', title text NOT NULL, abstract text, granted date, doc tsvector GENERATED ALWAYS AS (to_tsvector('ts.patent'::regconfig, title || ' ' || coalesce(abstract, ''))) STORED);
CREATE INDEX patent_fts ON patent USING gin (doc) WITH (fastupdate = off);
CREATE FUNCTION find_patent(q text, p_office char DEFAULT NULL) RETURNS TABLE (number varchar, title text, rank real) LANGUAGE sql STABLE AS $$
  SELECT p.number, p.title, ts_rank(p.doc, x) FROM patent p, websearch_to_tsquery('ts.patent', q) x WHERE p.doc @@ x AND (p_office IS NULL OR p.office = p_office) ORDER BY 3 DESC
$$;
