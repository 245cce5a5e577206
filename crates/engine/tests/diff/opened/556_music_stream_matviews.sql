-- old
CREATE TABLE artist (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE song (id bigint PRIMARY KEY, artist_id bigint NOT NULL REFERENCES artist, title text NOT NULL, ms int);
CREATE TABLE play (song_id bigint NOT NULL, listener bigint NOT NULL, at timestamp NOT NULL, ms int);
CREATE INDEX play_song ON play (song_id);
CREATE MATERIALIZED VIEW song_plays AS SELECT song_id, count(*) AS plays FROM play WHERE ms > 30000 GROUP BY song_id;
CREATE UNIQUE INDEX song_plays_id ON song_plays (song_id);
CREATE MATERIALIZED VIEW artist_plays AS SELECT s.artist_id, sum(p.plays) AS plays FROM song_plays p JOIN song s ON s.id = p.song_id GROUP BY s.artist_id;
CREATE VIEW chart AS SELECT a.name, p.plays, rank() OVER (ORDER BY p.plays DESC) AS r FROM artist_plays p JOIN artist a ON a.id = p.artist_id;
GRANT SELECT ON chart TO app_reader;
-- new
CREATE TABLE artist (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE song (id bigint PRIMARY KEY, artist_id bigint NOT NULL REFERENCES artist, title text NOT NULL, ms int);
CREATE TABLE play (song_id bigint NOT NULL REFERENCES song, listener bigint NOT NULL, at timestamptz NOT NULL, ms int) PARTITION BY HASH (listener);
CREATE TABLE play_0 PARTITION OF play FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE play_1 PARTITION OF play FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE play_2 PARTITION OF play FOR VALUES WITH (MODULUS 3, REMAINDER 2);
CREATE INDEX play_song ON play (song_id, at);
CREATE MATERIALIZED VIEW song_plays AS SELECT song_id, count(*) AS plays, count(DISTINCT listener) AS listeners FROM play WHERE ms > 30000 GROUP BY song_id;
CREATE UNIQUE INDEX song_plays_id ON song_plays (song_id) INCLUDE (plays);
CREATE MATERIALIZED VIEW artist_plays AS SELECT s.artist_id, sum(p.plays) AS plays FROM song_plays p JOIN song s ON s.id = p.song_id GROUP BY s.artist_id;
CREATE VIEW chart AS SELECT a.name, p.plays, rank() OVER (ORDER BY p.plays DESC) AS r FROM artist_plays p JOIN artist a ON a.id = p.artist_id;
GRANT SELECT ON chart, artist_plays TO app_reader;
ALTER MATERIALIZED VIEW artist_plays OWNER TO app_owner;
