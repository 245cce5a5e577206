-- old
CREATE TYPE track_id;
CREATE FUNCTION track_in(cstring) RETURNS track_id LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION track_out(track_id) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE track_id (INPUT = track_in, OUTPUT = track_out, LIKE = int4);
CREATE CAST (track_id AS int4) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE TABLE album (id int PRIMARY KEY, title text NOT NULL, artist text NOT NULL);
CREATE TABLE track (id track_id NOT NULL, album int NOT NULL REFERENCES album, no int NOT NULL, title text NOT NULL, length_s int, PRIMARY KEY (album, no));
CREATE VIEW playtime AS SELECT album, sum(length_s) AS s FROM track GROUP BY album;
-- new
CREATE TYPE track_id;
CREATE FUNCTION track_in(cstring) RETURNS track_id LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int8in';
CREATE FUNCTION track_out(track_id) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int8out';
CREATE TYPE track_id (INPUT = track_in, OUTPUT = track_out, LIKE = int8, CATEGORY = 'N');
CREATE CAST (track_id AS int8) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (int8 AS track_id) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE TABLE album (id int PRIMARY KEY, title text NOT NULL, artist text NOT NULL);
CREATE TABLE track (id track_id NOT NULL, album int NOT NULL REFERENCES album ON DELETE CASCADE, no int NOT NULL, title text NOT NULL, length interval, PRIMARY KEY (album, no));
CREATE VIEW playtime AS SELECT album, sum(length) AS total, count(*) AS tracks FROM track GROUP BY album;
