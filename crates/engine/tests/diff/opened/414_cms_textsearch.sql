-- old
CREATE EXTENSION unaccent;
CREATE EXTENSION pg_trgm;
CREATE TEXT SEARCH CONFIGURATION fr (COPY = french);
ALTER TEXT SEARCH CONFIGURATION fr ALTER MAPPING FOR hword, hword_part, word WITH unaccent, french_stem;
CREATE TABLE page (
  id serial PRIMARY KEY, slug text NOT NULL, lang char(2) NOT NULL DEFAULT 'fr',
  title text NOT NULL, body text, search tsvector
);
CREATE UNIQUE INDEX page_slug ON page (slug);
CREATE INDEX page_search ON page USING gist (search);
CREATE TRIGGER page_tsv BEFORE INSERT OR UPDATE ON page FOR EACH ROW EXECUTE FUNCTION tsvector_update_trigger(search, 'public.fr', title, body);
CREATE TABLE revision (page_id int REFERENCES page, rev int, body text, at timestamp DEFAULT now(), PRIMARY KEY (page_id, rev));
CREATE FUNCTION slugify(t text) RETURNS text LANGUAGE sql STRICT AS $$ SELECT trim(both '-' from regexp_replace(lower(unaccent(t)), '[^a-z0-9]+', '-', 'g')) $$;
-- new
CREATE EXTENSION unaccent;
CREATE EXTENSION pg_trgm;
CREATE TEXT SEARCH DICTIONARY fr_ispell_like (TEMPLATE = snowball, Language = french, StopWords = french);
CREATE TEXT SEARCH CONFIGURATION fr (COPY = french);
ALTER TEXT SEARCH CONFIGURATION fr ALTER MAPPING FOR hword, hword_part, word WITH unaccent, french_stem;
ALTER TEXT SEARCH CONFIGURATION fr DROP MAPPING FOR url, url_path, email;
CREATE FUNCTION slugify(t text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT trim(both '-' from regexp_replace(lower(public.unaccent('public.unaccent'::regdictionary, t)), '[^a-z0-9]+', '-', 'g')) $$;
CREATE FUNCTION page_tsv() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.search := to_tsvector(CASE NEW.lang WHEN 'de' THEN 'public.de'::regconfig ELSE 'public.fr'::regconfig END, NEW.title || ' ' || coalesce(NEW.body, ''));
  RETURN NEW;
END $$;
CREATE TABLE page (
  id serial PRIMARY KEY, slug text NOT NULL, lang char(2) NOT NULL DEFAULT 'fr',
  title text NOT NULL, body text, search tsvector
);
CREATE UNIQUE INDEX page_slug ON page (lang, slug);
CREATE INDEX page_search ON page USING gist (search);
CREATE TRIGGER page_tsv BEFORE INSERT OR UPDATE OF title, body, lang ON page FOR EACH ROW EXECUTE FUNCTION page_tsv();
CREATE TABLE revision (
  page_id int REFERENCES page,
  rev int,
  body text,
  at timestamp DEFAULT now(),
  editor text,
  PRIMARY KEY (page_id, rev)
);
ALTER TABLE revision ALTER body SET STORAGE EXTERNAL;
