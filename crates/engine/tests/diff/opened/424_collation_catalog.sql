-- old
CREATE COLLATION german (provider = icu, locale = 'de-u-co-phonebk');
CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE author (id serial PRIMARY KEY, name text COLLATE german NOT NULL);
CREATE TABLE book (isbn char(13) PRIMARY KEY, title text NOT NULL, author_id int REFERENCES author, shelf text COLLATE ci, UNIQUE (title, author_id));
CREATE INDEX author_name ON author (name);
CREATE INDEX book_title_c ON book (title COLLATE "C" text_pattern_ops);
CREATE VIEW az AS SELECT a.name, b.title FROM author a JOIN book b ON b.author_id = a.id ORDER BY a.name, b.title COLLATE german;
CREATE FUNCTION find_author(n text) RETURNS SETOF author LANGUAGE sql STABLE AS $$ SELECT * FROM author WHERE name = n $$;
-- new
CREATE COLLATION german (provider = icu, locale = 'de-u-co-phonebk-kn-true');
CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
COMMENT ON COLLATION ci IS 'case-insensitive';
CREATE DOMAIN shelf_mark AS text COLLATE ci CHECK (length(VALUE) <= 12);
CREATE TABLE author (id serial PRIMARY KEY, name text COLLATE german NOT NULL, sort_name text COLLATE "C" GENERATED ALWAYS AS (upper(name)) STORED);
CREATE TABLE book (isbn varchar(17) PRIMARY KEY, title text COLLATE german NOT NULL, author_id int REFERENCES author ON DELETE SET NULL, shelf shelf_mark, language text DEFAULT 'de', UNIQUE (title, author_id));
CREATE INDEX author_name ON author (name COLLATE ci);
CREATE INDEX book_title_c ON book (title COLLATE "C" text_pattern_ops) INCLUDE (isbn);
CREATE VIEW az AS SELECT a.name, b.title, b.shelf FROM author a JOIN book b ON b.author_id = a.id ORDER BY a.name, b.title;
CREATE FUNCTION find_author(n text) RETURNS TABLE (id int, name text) LANGUAGE sql STABLE AS $$ SELECT a.id, a.name FROM author a WHERE a.name = n COLLATE ci $$;
