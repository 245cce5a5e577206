-- old
CREATE TYPE color AS ENUM ('red', 'green');
CREATE TABLE a (id int PRIMARY KEY, c text DEFAULT 'red' NOT NULL CHECK (c IN ('red', 'green')), z color, zs color[]);
CREATE TABLE b (id int PRIMARY KEY, c color DEFAULT 'red', EXCLUDE (c WITH =));
CREATE TABLE d (id int PRIMARY KEY, c int DEFAULT 1);
CREATE INDEX b_c ON b (c) WHERE c = 'green';
CREATE VIEW va AS SELECT a.c, b.c AS bc FROM a JOIN b ON b.c::text = a.c;
CREATE FUNCTION fav() RETURNS color LANGUAGE sql IMMUTABLE AS $$ SELECT 'red'::color $$;
CREATE TABLE e (c color DEFAULT fav());
-- new
CREATE TYPE color AS ENUM ('green', 'red', 'blue');
CREATE TABLE d (code text PRIMARY KEY, id int UNIQUE);
CREATE TABLE a (id int PRIMARY KEY, c color DEFAULT 'red' NOT NULL, z text, zs text[] DEFAULT '{red}');
CREATE TABLE b (id int PRIMARY KEY, c text DEFAULT 'red' REFERENCES d, EXCLUDE (c WITH =));
CREATE INDEX b_c ON b (c) WHERE c = 'green';
CREATE VIEW va AS SELECT a.c, b.c AS bc FROM a JOIN b ON b.c = a.c::text;
CREATE FUNCTION fav() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'red'::text $$;
CREATE TABLE e (c text DEFAULT fav(), c2 color DEFAULT 'blue');
