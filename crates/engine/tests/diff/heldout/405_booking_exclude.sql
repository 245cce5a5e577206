-- old
CREATE EXTENSION btree_gist;
CREATE TABLE room (id serial PRIMARY KEY, name text NOT NULL, capacity smallint);
CREATE TABLE booking (
  id serial PRIMARY KEY,
  room_id int NOT NULL REFERENCES room(id),
  starts_at timestamp NOT NULL,
  ends_at timestamp NOT NULL,
  status text NOT NULL DEFAULT 'new',
  CONSTRAINT booking_span CHECK (ends_at > starts_at),
  CONSTRAINT booking_no_overlap EXCLUDE USING gist (room_id WITH =, tsrange(starts_at, ends_at) WITH &&)
);
CREATE FUNCTION room_free(p_room int, p_from timestamp, p_to timestamp) RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT NOT EXISTS (SELECT 1 FROM booking b WHERE b.room_id = p_room AND tsrange(b.starts_at, b.ends_at) && tsrange(p_from, p_to)) $$;
CREATE VIEW today AS SELECT b.id, r.name, b.starts_at FROM booking b JOIN room r ON r.id = b.room_id WHERE b.starts_at::date = CURRENT_DATE;
COMMENT ON VIEW today IS 'front desk screen';
-- new
CREATE EXTENSION btree_gist;
CREATE TYPE booking_status AS ENUM ('new', 'confirmed', 'cancelled');
CREATE TABLE room (id serial PRIMARY KEY, name text NOT NULL, capacity smallint);
CREATE TABLE booking (
  id serial PRIMARY KEY,
  room_id int NOT NULL REFERENCES room(id),
  during tstzrange NOT NULL,
  status text NOT NULL DEFAULT 'new',
  starts_at timestamptz GENERATED ALWAYS AS (lower(during)) STORED,
  CONSTRAINT booking_span CHECK (NOT isempty(during)),
  CONSTRAINT booking_no_overlap EXCLUDE USING gist (room_id WITH =, during WITH &&) WHERE (status <> 'cancelled') DEFERRABLE INITIALLY DEFERRED
);
CREATE FUNCTION room_free(p_room int, p_during tstzrange) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT NOT EXISTS (SELECT 1 FROM booking b WHERE b.room_id = p_room AND b.during && p_during) $$;
CREATE VIEW today AS SELECT b.id, r.name, b.starts_at FROM booking b JOIN room r ON r.id = b.room_id WHERE b.starts_at::date = CURRENT_DATE;
COMMENT ON VIEW today IS 'front desk screen';
