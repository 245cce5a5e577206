-- old
CREATE TABLE venue (id serial PRIMARY KEY, name text, rows int, cols int);
CREATE TABLE show (id serial PRIMARY KEY, venue int REFERENCES venue, starts timestamptz, price money);
CREATE TABLE seat (show int REFERENCES show ON DELETE CASCADE, r int, c int, sold bool DEFAULT false, buyer text, PRIMARY KEY (show, r, c));
CREATE FUNCTION make_seats() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seat SELECT NEW.id, r, c FROM venue v, generate_series(1, v.rows) r, generate_series(1, v.cols) c WHERE v.id = NEW.venue; RETURN NEW; END $$;
CREATE TRIGGER make_seats AFTER INSERT ON show FOR EACH ROW EXECUTE PROCEDURE make_seats();
CREATE VIEW free_seats AS SELECT show, count(*) FROM seat WHERE NOT sold GROUP BY show;
CREATE MATERIALIZED VIEW revenue AS SELECT s.id, s.price * count(*) AS total FROM show s JOIN seat t ON t.show = s.id AND t.sold GROUP BY s.id, s.price;
-- new
CREATE TYPE seat_state AS ENUM ('free', 'held', 'sold');
CREATE TABLE venue (id serial PRIMARY KEY, name text NOT NULL, tz text NOT NULL DEFAULT 'UTC');
CREATE TABLE block (venue int REFERENCES venue ON DELETE CASCADE, code varchar(4), rows int4range NOT NULL, cols int4range NOT NULL, PRIMARY KEY (venue, code));
CREATE TABLE show (id serial PRIMARY KEY, venue int NOT NULL REFERENCES venue, starts timestamptz NOT NULL, sale tstzrange);
CREATE TABLE price (show int REFERENCES show ON DELETE CASCADE, block_code varchar(4), amount numeric(8,2) NOT NULL, PRIMARY KEY (show, block_code));
CREATE TABLE seat (show int NOT NULL REFERENCES show ON DELETE CASCADE, block varchar(4) NOT NULL, r smallint NOT NULL, c smallint NOT NULL, state seat_state NOT NULL DEFAULT 'free', held_until timestamptz, order_id uuid, PRIMARY KEY (show, block, r, c), CHECK ((state = 'held') = (held_until IS NOT NULL)), FOREIGN KEY (show, block) REFERENCES price (show, block_code)) PARTITION BY HASH (show);
CREATE TABLE seat_0 PARTITION OF seat FOR VALUES WITH (MODULUS 2, REMAINDER 0) WITH (fillfactor = 60);
CREATE TABLE seat_1 PARTITION OF seat FOR VALUES WITH (MODULUS 2, REMAINDER 1) WITH (fillfactor = 60);
CREATE INDEX seat_held ON seat (held_until) WHERE state = 'held';
CREATE TABLE purchase (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), mail text NOT NULL, paid numeric(8,2));
ALTER TABLE seat ADD CONSTRAINT seat_order FOREIGN KEY (order_id) REFERENCES purchase DEFERRABLE INITIALLY DEFERRED;
CREATE PROCEDURE make_seats(s int) LANGUAGE sql AS $$ INSERT INTO seat (show, block, r, c) SELECT s, b.code, r, c FROM show JOIN block b USING (venue), generate_series(lower(b.rows), upper(b.rows) - 1) r, generate_series(lower(b.cols), upper(b.cols) - 1) c WHERE show.id = s $$;
CREATE FUNCTION hold(s int, blk varchar, n int, OUT seats smallint[]) LANGUAGE plpgsql AS $$ BEGIN UPDATE seat SET state = 'held', held_until = now() + '10 min' WHERE (show, block, r, c) IN (SELECT show, block, r, c FROM seat WHERE show = s AND block = blk AND state = 'free' LIMIT n FOR UPDATE SKIP LOCKED); END $$;
CREATE VIEW free_seats AS SELECT show, block, count(*) AS n FROM seat WHERE state = 'free' GROUP BY ROLLUP (show, block);
CREATE VIEW revenue AS SELECT s.id, sum(p.amount) AS total FROM show s JOIN seat t ON t.show = s.id AND t.state = 'sold' JOIN price p ON p.show = t.show AND p.block_code = t.block GROUP BY s.id;
