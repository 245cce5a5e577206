-- old
CREATE TABLE locales (code varchar(5) PRIMARY KEY, name text NOT NULL, fallback varchar(5) REFERENCES locales);
CREATE TABLE texts (
    key text NOT NULL,
    locale varchar(5) NOT NULL REFERENCES locales ON UPDATE CASCADE,
    body text NOT NULL,
    PRIMARY KEY (key, locale)
);
CREATE TABLE text_reviews (
    key text, locale varchar(5),
    ok boolean,
    FOREIGN KEY (key, locale) REFERENCES texts ON DELETE CASCADE
);
CREATE FUNCTION t(k text, l varchar DEFAULT 'en') RETURNS text LANGUAGE sql STABLE AS $$ SELECT body FROM texts WHERE key = k AND locale = l $$;
CREATE VIEW missing AS SELECT DISTINCT a.key, l.code FROM texts a CROSS JOIN locales l EXCEPT SELECT key, locale FROM texts;
CREATE VIEW reviewed AS SELECT key, locale FROM text_reviews WHERE ok;
ALTER TABLE texts ALTER locale SET DEFAULT 'en';
COMMENT ON TABLE text_reviews IS 'By a native speaker';
-- new
CREATE TABLE locales (code varchar(5) PRIMARY KEY, name text NOT NULL, fallback varchar(5) REFERENCES locales);
CREATE TABLE texts (
    key text NOT NULL,
    locale varchar(5) NOT NULL REFERENCES locales ON UPDATE CASCADE,
    body text NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    CONSTRAINT texts_natural UNIQUE (key, locale)
);
CREATE TABLE text_reviews (
    text_id bigint NOT NULL REFERENCES texts ON DELETE CASCADE,
    ok boolean NOT NULL DEFAULT false
);
CREATE FUNCTION t(k text, l varchar DEFAULT 'en') RETURNS text LANGUAGE sql STABLE AS $$ SELECT body FROM texts WHERE key = k AND locale = l $$;
CREATE VIEW missing AS SELECT DISTINCT a.key, l.code FROM texts a CROSS JOIN locales l EXCEPT SELECT key, locale FROM texts;
CREATE VIEW reviewed AS SELECT x.key, x.locale FROM text_reviews r JOIN texts x ON x.id = r.text_id WHERE r.ok;
ALTER TABLE texts ALTER locale SET DEFAULT 'en';
COMMENT ON TABLE text_reviews IS 'By a native speaker';
