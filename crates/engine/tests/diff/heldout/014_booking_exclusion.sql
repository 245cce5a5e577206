-- old
CREATE EXTENSION btree_gist;
CREATE TABLE rooms (room_no integer PRIMARY KEY, floor smallint NOT NULL);
CREATE TABLE bookings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    room_no integer NOT NULL REFERENCES rooms,
    during tsrange NOT NULL,
    cancelled boolean NOT NULL DEFAULT false,
    EXCLUDE USING gist (room_no WITH =, during WITH &&)
);
COMMENT ON TABLE bookings IS 'One row for each reservation';
CREATE VIEW todays_bookings AS
    SELECT room_no, lower(during) AS from_, upper(during) AS to_ FROM bookings WHERE during @> now()::timestamp;
-- new
CREATE EXTENSION btree_gist;
CREATE TABLE rooms (room_no integer PRIMARY KEY, floor smallint NOT NULL);
CREATE TABLE bookings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    room_no integer NOT NULL REFERENCES rooms,
    during tstzrange NOT NULL,
    cancelled boolean NOT NULL DEFAULT false,
    CONSTRAINT no_double_booking EXCLUDE USING gist (room_no WITH =, during WITH &&) WHERE (NOT cancelled) DEFERRABLE INITIALLY DEFERRED
);
COMMENT ON TABLE bookings IS 'One row for each reservation';
COMMENT ON CONSTRAINT no_double_booking ON bookings IS 'A room holds one party';
CREATE VIEW todays_bookings AS
    SELECT room_no, lower(during) AS from_, upper(during) AS to_ FROM bookings WHERE during @> now() AND NOT cancelled;
