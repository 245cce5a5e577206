-- old
CREATE COLLATION de (provider = icu, locale = 'de-DE');
CREATE COLLATION bin FROM "C";
CREATE TABLE word (w text COLLATE de PRIMARY KEY, norm text COLLATE "C", pos varchar(10) COLLATE bin DEFAULT 'n');
CREATE INDEX word_norm ON word (norm COLLATE de, lower(w COLLATE bin));
CREATE DOMAIN german AS text COLLATE de CHECK (VALUE > 'a');
CREATE TABLE phrase (p german, q text) PARTITION BY RANGE (q COLLATE "C");
CREATE TABLE phrase_1 PARTITION OF phrase FOR VALUES FROM ('a') TO ('m');
CREATE VIEW sorted AS SELECT w FROM word ORDER BY norm COLLATE de;
CREATE TYPE entry AS (k text COLLATE de, v text);
CREATE TYPE text_range AS RANGE (subtype = text, collation = de);
-- new
CREATE COLLATION de (provider = icu, locale = 'de-u-co-phonebk');
CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE word (w text COLLATE ci PRIMARY KEY, norm text COLLATE de, pos varchar(10) DEFAULT 'n');
CREATE INDEX word_norm ON word (norm, lower(w COLLATE "C"));
CREATE DOMAIN german AS text COLLATE ci CHECK (VALUE > 'a');
CREATE TABLE phrase (p german, q text COLLATE "C") PARTITION BY RANGE (q COLLATE "POSIX");
CREATE TABLE phrase_1 PARTITION OF phrase FOR VALUES FROM ('a') TO ('m');
CREATE VIEW sorted AS SELECT w FROM word ORDER BY norm COLLATE ci;
CREATE TYPE entry AS (k text COLLATE "C", v text COLLATE de);
CREATE TYPE text_range AS RANGE (subtype = text, collation = ci);
COMMENT ON COLLATION ci IS 'case blind';
ALTER COLLATION ci OWNER TO app_owner;
