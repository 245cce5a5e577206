-- old
CREATE TABLE room (id int PRIMARY KEY, name text UNIQUE);
CREATE TABLE booking (id serial PRIMARY KEY, room_id int NOT NULL REFERENCES room, from_ts timestamp NOT NULL, to_ts timestamp NOT NULL, guest text, cancelled bool DEFAULT false, CONSTRAINT order_ck CHECK (from_ts < to_ts), CONSTRAINT no_overlap EXCLUDE USING gist (tsrange(from_ts, to_ts) WITH &&));
CREATE INDEX booking_room ON booking (room_id);
CREATE VIEW today AS SELECT r.name, b.guest FROM booking b JOIN room r ON r.id = b.room_id WHERE now()::timestamp BETWEEN b.from_ts AND b.to_ts;
-- new
CREATE EXTENSION btree_gist;
CREATE TABLE room (id int PRIMARY KEY, name text UNIQUE NULLS NOT DISTINCT, capacity int4range NOT NULL DEFAULT '[1,2]');
CREATE TABLE booking (id serial PRIMARY KEY, room_id int NOT NULL REFERENCES room ON UPDATE CASCADE, during tstzrange NOT NULL, guest text, state text NOT NULL DEFAULT 'held', CONSTRAINT order_ck CHECK (NOT isempty(during)), CONSTRAINT no_overlap EXCLUDE USING gist (room_id WITH =, during WITH &&) WHERE (state <> 'cancelled') DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE maintenance (room_id int REFERENCES room, days datemultirange, CONSTRAINT one_each EXCLUDE USING hash (room_id WITH =));
CREATE INDEX booking_room ON booking USING gist (room_id, during);
ALTER TABLE booking CLUSTER ON booking_room;
COMMENT ON CONSTRAINT no_overlap ON booking IS 'one guest at a time';
CREATE VIEW today AS SELECT r.name, b.guest, upper(b.during) AS until FROM booking b JOIN room r ON r.id = b.room_id WHERE b.during @> now();
