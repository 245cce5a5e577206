-- old
CREATE COLLATION de (provider = icu, locale = 'de-DE');
CREATE COLLATION plain FROM "C";
CREATE TABLE t (
    a text COLLATE de,
    b varchar(20) COLLATE plain,
    c text GENERATED ALWAYS AS (upper(a COLLATE de)) STORED
);
CREATE DOMAIN name_de AS text COLLATE de;
CREATE TYPE cmp AS (n text COLLATE de);
CREATE TYPE rng AS RANGE (SUBTYPE = text, COLLATION = de);
CREATE INDEX t_a ON t (a, b);
COMMENT ON COLLATION de IS 'German';
-- new
CREATE COLLATION de (provider = icu, locale = 'de-u-co-phonebk');
CREATE COLLATION plain (provider = libc, lc_collate = 'C', lc_ctype = 'C.UTF-8');
CREATE TABLE t (
    a text COLLATE de,
    b varchar(20) COLLATE plain,
    c text GENERATED ALWAYS AS (upper(a COLLATE de)) STORED
);
CREATE DOMAIN name_de AS text COLLATE de;
CREATE TYPE cmp AS (n text COLLATE de);
CREATE TYPE rng AS RANGE (SUBTYPE = text, COLLATION = de);
CREATE INDEX t_a ON t (a, b);
COMMENT ON COLLATION de IS 'German';
