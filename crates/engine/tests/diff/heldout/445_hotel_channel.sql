-- old
CREATE TABLE hotel (id int PRIMARY KEY, name text NOT NULL, stars smallint, tz text);
CREATE TABLE room_type (hotel_id int REFERENCES hotel, code varchar(6), descr text, base_price numeric, PRIMARY KEY (hotel_id, code));
CREATE TABLE rate (id serial PRIMARY KEY, hotel_id int, code varchar(6), night date, price numeric, FOREIGN KEY (hotel_id, code) REFERENCES room_type);
CREATE TABLE reservation (id serial PRIMARY KEY, hotel_id int NOT NULL, code varchar(6) NOT NULL, guest text, arrive date, depart date, CHECK (depart > arrive), CONSTRAINT res_rt FOREIGN KEY (hotel_id, code) REFERENCES room_type (hotel_id, code));
CREATE UNIQUE INDEX rate_uq ON rate (hotel_id, code, night);
CREATE FUNCTION nights(r reservation) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT r.depart - r.arrive $$;
CREATE VIEW revenue AS SELECT r.hotel_id, r.id, sum(t.price) AS total FROM reservation r JOIN rate t ON t.hotel_id = r.hotel_id AND t.code = r.code AND t.night >= r.arrive AND t.night < r.depart GROUP BY r.hotel_id, r.id;
CREATE MATERIALIZED VIEW revenue_hotel AS SELECT hotel_id, sum(total) AS total FROM revenue GROUP BY 1;
CREATE UNIQUE INDEX revenue_hotel_pk ON revenue_hotel (hotel_id);
GRANT SELECT ON revenue_hotel TO app_reader;
COMMENT ON MATERIALIZED VIEW revenue_hotel IS 'refreshed nightly';
-- new
CREATE TYPE channel AS ENUM ('direct','ota','agency');
CREATE TABLE hotel (id int PRIMARY KEY, name text NOT NULL, stars smallint CHECK (stars BETWEEN 1 AND 5), tz text NOT NULL DEFAULT 'UTC');
CREATE TABLE room_type (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, hotel_id int NOT NULL REFERENCES hotel, code varchar(10) NOT NULL, descr text, base_price numeric(10,2), CONSTRAINT room_type_code UNIQUE (hotel_id, code));
CREATE TABLE rate (room_type_id int REFERENCES room_type ON DELETE CASCADE, night date, channel channel DEFAULT 'direct', price numeric(10,2) NOT NULL, PRIMARY KEY (room_type_id, night, channel));
CREATE TABLE reservation (id bigserial PRIMARY KEY, room_type_id int NOT NULL CONSTRAINT res_rt REFERENCES room_type, guest text NOT NULL, arrive date NOT NULL, depart date NOT NULL, channel channel NOT NULL DEFAULT 'direct', cancelled_at timestamptz, CHECK (depart > arrive));
CREATE INDEX reservation_stay ON reservation USING gist (daterange(arrive, depart)) WHERE cancelled_at IS NULL;
CREATE FUNCTION nights(r reservation) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT r.depart - r.arrive $$;
CREATE VIEW revenue AS SELECT rt.hotel_id, r.id, r.channel, sum(t.price) AS total FROM reservation r JOIN room_type rt ON rt.id = r.room_type_id JOIN rate t ON t.room_type_id = rt.id AND t.channel = r.channel AND t.night >= r.arrive AND t.night < r.depart WHERE r.cancelled_at IS NULL GROUP BY 1, 2, 3;
CREATE MATERIALIZED VIEW revenue_hotel AS SELECT hotel_id, channel, sum(total) AS total FROM revenue GROUP BY 1, 2;
CREATE UNIQUE INDEX revenue_hotel_pk ON revenue_hotel (hotel_id, channel);
GRANT SELECT ON revenue_hotel TO app_reader;
COMMENT ON MATERIALIZED VIEW revenue_hotel IS 'refreshed nightly';
COMMENT ON INDEX revenue_hotel_pk IS 'for CONCURRENTLY';
