-- old
CREATE TYPE seat_class AS ENUM ('stalls','balcony','box');
CREATE TABLE venue (id int PRIMARY KEY, name text NOT NULL, loc point);
CREATE TABLE event (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, venue_id int REFERENCES venue, title text NOT NULL, starts timestamptz NOT NULL);
CREATE TABLE ticket (
  event_id int REFERENCES event ON DELETE CASCADE,
  seat_row char(2), seat_no int,
  class seat_class NOT NULL DEFAULT 'stalls',
  price money,
  sold_at timestamptz,
  UNIQUE (event_id, seat_row, seat_no)
);
CREATE VIEW availability AS SELECT event_id, class, count(*) FILTER (WHERE sold_at IS NULL) AS free FROM ticket GROUP BY event_id, class;
CREATE FUNCTION buy(e int, r char, n int) RETURNS void LANGUAGE sql AS $$ UPDATE ticket SET sold_at = now() WHERE event_id = e AND seat_row = r AND seat_no = n AND sold_at IS NULL $$;
CREATE INDEX ticket_class ON ticket (class) WHERE sold_at IS NULL;
-- new
CREATE TYPE seat_class AS ENUM ('stalls','circle','balcony','box','vip');
CREATE TABLE venue (id int PRIMARY KEY, name text NOT NULL, loc point);
CREATE TABLE event (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  venue_id int NOT NULL REFERENCES venue ON UPDATE CASCADE,
  title text NOT NULL,
  starts timestamptz NOT NULL
);
CREATE TABLE ticket (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  event_id int NOT NULL REFERENCES event ON DELETE CASCADE,
  seat_row char(2),
  seat_no int,
  class seat_class NOT NULL DEFAULT 'circle',
  price numeric(9,2) CHECK (price >= 0),
  sold_at timestamptz
);
CREATE VIEW availability AS SELECT event_id, class, count(*) FILTER (WHERE sold_at IS NULL) AS free FROM ticket GROUP BY event_id, class;
CREATE FUNCTION buy(e int, r char, n int) RETURNS uuid LANGUAGE sql AS $$ UPDATE ticket SET sold_at = now() WHERE event_id = e AND seat_row = r AND seat_no = n AND sold_at IS NULL RETURNING id $$;
CREATE INDEX ticket_class ON ticket (class) WHERE sold_at IS NULL;
