-- old
CREATE TEXT SEARCH TEMPLATE simple_t (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY reg_simple (TEMPLATE = simple_t, StopWords = 'english');
CREATE TEXT SEARCH CONFIGURATION registry (PARSER = pg_catalog."default");
ALTER TEXT SEARCH CONFIGURATION registry ADD MAPPING FOR asciiword, word, numword WITH reg_simple;
CREATE TABLE parcel (gid serial PRIMARY KEY, cadastre varchar(20) NOT NULL, owner text, area box, descr text);
CREATE TABLE deed (no text PRIMARY KEY, parcel int REFERENCES parcel ON DELETE RESTRICT, signed date, doc xml);
CREATE INDEX parcel_descr ON parcel USING gin (to_tsvector('public.registry', descr));
CREATE INDEX parcel_area ON parcel USING gist (area);
CREATE VIEW parcel_deeds AS SELECT p.cadastre, count(d.no) AS deeds, string_agg(d.no, ', ') AS nos FROM parcel p LEFT JOIN deed d ON d.parcel = p.gid GROUP BY p.cadastre;
CREATE FUNCTION search_parcel(q text) RETURNS SETOF parcel LANGUAGE sql STABLE AS $$ SELECT * FROM parcel WHERE to_tsvector('public.registry', descr) @@ plainto_tsquery('public.registry', q) $$;
ALTER TABLE deed ADD CONSTRAINT signed_past CHECK (signed <= '2100-01-01');
-- new
CREATE TEXT SEARCH PARSER reg_parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline);
CREATE TEXT SEARCH DICTIONARY reg_simple (TEMPLATE = pg_catalog.simple, Accept = false);
CREATE TEXT SEARCH DICTIONARY reg_stem (TEMPLATE = snowball, Language = english);
CREATE TEXT SEARCH CONFIGURATION registry (PARSER = reg_parser);
ALTER TEXT SEARCH CONFIGURATION registry ADD MAPPING FOR asciiword, word WITH reg_simple, reg_stem;
ALTER TEXT SEARCH CONFIGURATION registry ADD MAPPING FOR numword, int WITH simple;
CREATE TYPE deed_kind AS ENUM ('sale','gift','inheritance');
CREATE TABLE parcel (
  gid serial PRIMARY KEY,
  cadastre varchar(20) NOT NULL,
  area box,
  descr text
);
CREATE TABLE ownership (parcel int NOT NULL REFERENCES parcel, owner text NOT NULL, share_num int NOT NULL DEFAULT 1, share_den int NOT NULL DEFAULT 1, PRIMARY KEY (parcel, owner), CHECK (share_num <= share_den AND share_den > 0));
CREATE TABLE deed (no text PRIMARY KEY, parcel int REFERENCES parcel ON DELETE RESTRICT, signed date, doc xml);
CREATE INDEX parcel_descr ON parcel USING gin (to_tsvector('public.registry', descr));
CREATE VIEW parcel_deeds AS SELECT p.cadastre, count(d.no) AS deeds, string_agg(d.no, ', ') AS nos FROM parcel p LEFT JOIN deed d ON d.parcel = p.gid GROUP BY p.cadastre;
CREATE FUNCTION search_parcel(q text, lim int DEFAULT 50) RETURNS SETOF parcel LANGUAGE sql STABLE AS $$ SELECT * FROM parcel WHERE to_tsvector('public.registry', coalesce(descr, '')) @@ plainto_tsquery('public.registry', q) LIMIT lim $$;
