-- old
CREATE EXTENSION citext;
CREATE EXTENSION hstore;
CREATE EXTENSION "uuid-ossp";
CREATE EXTENSION isn;
CREATE TABLE book (id uuid PRIMARY KEY DEFAULT uuid_generate_v1mc(), title citext NOT NULL, attrs hstore DEFAULT '', isbn isbn13, UNIQUE (title));
CREATE INDEX book_attrs ON book USING gin (attrs);
CREATE FUNCTION attr(b book, k text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT (b.attrs) -> k';
CREATE VIEW books AS SELECT id, title, attrs -> 'author' AS author FROM book WHERE title = 'X';
CREATE DOMAIN mail AS citext CHECK (VALUE ~ '@');
CREATE TABLE reader (m mail PRIMARY KEY, prefs hstore[]);
CREATE AGGREGATE merge_h(hstore) (SFUNC = hs_concat, STYPE = hstore, INITCOND = '');
-- new
CREATE SCHEMA ext;
CREATE EXTENSION citext SCHEMA ext;
CREATE EXTENSION hstore SCHEMA ext;
CREATE EXTENSION cube SCHEMA ext;
CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE book (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), title text COLLATE nocase NOT NULL, attrs jsonb DEFAULT '{}', isbn char(13) CHECK (isbn ~ '^\d{13}$'), emb ext.cube, UNIQUE (title));
CREATE INDEX book_attrs ON book USING gin (attrs);
CREATE INDEX book_emb ON book USING gist (emb ext.gist_cube_ops);
CREATE FUNCTION attr(b book, k text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT (b.attrs) ->> k';
CREATE VIEW books AS SELECT id, title, attrs ->> 'author' AS author FROM book WHERE title = 'X';
CREATE DOMAIN mail AS ext.citext CHECK (VALUE OPERATOR(ext.~) '@');
CREATE TABLE reader (m mail PRIMARY KEY, prefs ext.hstore);
