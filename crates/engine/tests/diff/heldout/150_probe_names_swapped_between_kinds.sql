-- old
CREATE TABLE thing (id int PRIMARY KEY);
CREATE VIEW widget AS SELECT id FROM thing;
CREATE SEQUENCE counter;
CREATE TYPE shape AS ENUM ('a');
CREATE FUNCTION act() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
GRANT SELECT ON thing TO app_reader;
-- new
CREATE TABLE widget (id int PRIMARY KEY);
CREATE VIEW thing AS SELECT id FROM widget;
CREATE TABLE counter (n int);
CREATE DOMAIN shape AS text;
CREATE PROCEDURE act() LANGUAGE sql AS $$ SELECT 1 $$;
GRANT SELECT ON thing TO app_reader;
