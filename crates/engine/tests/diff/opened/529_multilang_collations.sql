-- old
CREATE SCHEMA i18n;
CREATE COLLATION i18n.german (provider = icu, locale = 'de-DE');
CREATE TABLE i18n.lang (code char(2) PRIMARY KEY, name text NOT NULL);
CREATE TABLE i18n.label (key text NOT NULL, lang char(2) NOT NULL REFERENCES i18n.lang, txt text COLLATE i18n.german NOT NULL, PRIMARY KEY (key, lang));
CREATE INDEX label_txt ON i18n.label (txt);
CREATE FUNCTION i18n.t(k text, l char) RETURNS text LANGUAGE sql STABLE AS $$ SELECT txt FROM i18n.label WHERE key = k AND lang = l $$;
CREATE VIEW i18n.missing AS SELECT k.key, l.code FROM (SELECT DISTINCT key FROM i18n.label) k CROSS JOIN i18n.lang l WHERE NOT EXISTS (SELECT 1 FROM i18n.label x WHERE x.key = k.key AND x.lang = l.code);
-- new
CREATE SCHEMA i18n;
CREATE COLLATION i18n.german (provider = icu, locale = 'de-DE-u-co-phonebk');
CREATE COLLATION i18n.nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE i18n.lang (code varchar(5) PRIMARY KEY, name text NOT NULL, fallback varchar(5) REFERENCES i18n.lang);
CREATE TABLE i18n.label (key text NOT NULL, lang varchar(5) NOT NULL REFERENCES i18n.lang ON UPDATE CASCADE, txt text COLLATE i18n.nocase NOT NULL, PRIMARY KEY (key, lang));
CREATE INDEX label_txt_de ON i18n.label (txt COLLATE i18n.german) WHERE lang LIKE 'de%';
CREATE FUNCTION i18n.t(k text, l text DEFAULT 'en') RETURNS text LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT txt FROM i18n.label WHERE key = k AND lang = l),
                  (SELECT b.txt FROM i18n.lang g JOIN i18n.label b ON b.lang = g.fallback WHERE g.code = l AND b.key = k), k)
$$;
CREATE VIEW i18n.missing AS SELECT k.key, l.code FROM (SELECT DISTINCT key FROM i18n.label) k CROSS JOIN i18n.lang l WHERE l.fallback IS NULL AND NOT EXISTS (SELECT 1 FROM i18n.label x WHERE x.key = k.key AND x.lang = l.code);
