-- old
CREATE TYPE size AS ENUM ('s', 'm', 'l');
CREATE TYPE shirt AS (s size, colour text);
CREATE TABLE shirts (id int PRIMARY KEY, s size NOT NULL DEFAULT 'm', alt shirt, big boolean GENERATED ALWAYS AS (s = 'l') STORED, CHECK (s <> 's' OR id > 10));
CREATE INDEX shirts_m ON shirts (id) WHERE s = 'm';
CREATE UNIQUE INDEX shirts_s ON shirts (s, id);
CREATE VIEW big_shirts AS SELECT id, s FROM shirts WHERE s >= 'm';
CREATE FUNCTION is_big(s size) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN s = 'l';
CREATE POLICY mine ON shirts USING (s = 'm');
-- new
CREATE TYPE size AS ENUM ('l', 'm', 's');
CREATE TYPE shirt AS (s size, colour text);
CREATE TABLE shirts (id int PRIMARY KEY, s size NOT NULL DEFAULT 'm', alt shirt, big boolean GENERATED ALWAYS AS (s = 'l') STORED, CHECK (s <> 's' OR id > 10));
CREATE INDEX shirts_m ON shirts (id) WHERE s = 'm';
CREATE UNIQUE INDEX shirts_s ON shirts (s, id);
CREATE VIEW big_shirts AS SELECT id, s FROM shirts WHERE s >= 'm';
CREATE FUNCTION is_big(s size) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN s = 'l';
CREATE POLICY mine ON shirts USING (s = 'm');
