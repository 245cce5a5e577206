-- old
CREATE FUNCTION norm(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lower(btrim(t)) $$;
CREATE FUNCTION valid_ean(t text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN t ~ '^[0-9]{13}$'; END $$;
CREATE TABLE brand (id int PRIMARY KEY, name text, name_n text GENERATED ALWAYS AS (norm(name)) STORED);
CREATE TABLE article (id bigserial PRIMARY KEY, ean text CHECK (valid_ean(ean)), brand_id int REFERENCES brand, title text, w numeric, h numeric, d numeric, volume numeric GENERATED ALWAYS AS (w * h * d) STORED);
CREATE UNIQUE INDEX brand_norm ON brand (norm(name));
CREATE INDEX article_title ON article (norm(title), volume);
CREATE VIEW bulky AS SELECT id, title, volume FROM article WHERE volume > 1000;
CREATE TABLE article_media (article_id bigint REFERENCES article ON DELETE CASCADE, url text, kind text DEFAULT 'image');
-- new
CREATE SCHEMA ext;
CREATE FUNCTION norm(v text, lang text DEFAULT 'en') RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT lower(btrim(v)) || CASE lang WHEN 'tr' THEN '#tr' ELSE '' END $$;
CREATE FUNCTION valid_gtin(t text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE STRICT AS $$ BEGIN RETURN t ~ '^([0-9]{8}|[0-9]{12,14})$'; END $$;
CREATE TABLE brand (id int PRIMARY KEY, name text, name_n text GENERATED ALWAYS AS (norm(name)) STORED);
CREATE TABLE article (
  id bigserial PRIMARY KEY,
  brand_id int REFERENCES brand,
  title text,
  w numeric(8,2),
  h numeric,
  d numeric,
  volume numeric GENERATED ALWAYS AS (w * h * d) STORED
);
CREATE UNIQUE INDEX brand_norm ON brand (norm(name));
CREATE INDEX article_title ON article (norm(title), volume);
CREATE FUNCTION set_volume() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.volume := coalesce(NEW.volume, NEW.w * NEW.h * NEW.d); RETURN NEW; END $$;
CREATE TRIGGER set_volume BEFORE INSERT OR UPDATE OF w, h, d ON article FOR EACH ROW EXECUTE FUNCTION set_volume();
CREATE VIEW bulky AS SELECT id, title, volume FROM article WHERE volume > 1000;
CREATE TABLE article_media (article_id bigint REFERENCES article ON DELETE CASCADE, url text, kind text DEFAULT 'image');
