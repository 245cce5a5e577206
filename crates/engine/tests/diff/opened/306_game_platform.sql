-- old
CREATE TABLE players (id bigserial PRIMARY KEY, handle varchar(16) UNIQUE, elo int DEFAULT 1000, gold int DEFAULT 0 CHECK (gold >= 0));
CREATE TABLE items (id serial PRIMARY KEY, name text, rarity smallint DEFAULT 0, price int);
CREATE TABLE inventory (player bigint REFERENCES players, item int REFERENCES items, qty int DEFAULT 1, PRIMARY KEY (player, item));
CREATE TABLE matches (id bigserial PRIMARY KEY, p1 bigint REFERENCES players, p2 bigint REFERENCES players, winner bigint, played timestamp DEFAULT now(), CHECK (winner IN (p1, p2)));
CREATE FUNCTION elo_delta(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT round(32 * (1 - 1 / (1 + 10 ^ ((b - a) / 400.0))))::int $$;
CREATE FUNCTION after_match() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE players SET elo = elo + 10 WHERE id = NEW.winner; RETURN NULL; END $$;
CREATE TRIGGER after_match AFTER INSERT ON matches FOR EACH ROW EXECUTE FUNCTION after_match();
CREATE VIEW ladder AS SELECT row_number() OVER (ORDER BY elo DESC) AS rank, handle, elo FROM players;
CREATE FUNCTION buy(p bigint, i int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN UPDATE players SET gold = gold - (SELECT price FROM items WHERE id = i) WHERE id = p; INSERT INTO inventory VALUES (p, i); RETURN true; END $$;
-- new
CREATE SCHEMA game;
CREATE SCHEMA econ;
CREATE TYPE game.mode AS ENUM ('duel', 'team', 'royale');
CREATE TYPE econ.rarity AS ENUM ('common', 'rare', 'epic', 'legendary');
CREATE DOMAIN econ.coins AS bigint DEFAULT 0 CHECK (VALUE >= 0);
CREATE DOMAIN game.handle AS varchar(24) COLLATE "C" CHECK (VALUE ~ '^\w{3,}$');
CREATE TABLE game.players (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, handle game.handle NOT NULL, created timestamptz NOT NULL DEFAULT now(), flags bit(8) NOT NULL DEFAULT B'00000000');
CREATE UNIQUE INDEX players_handle_key ON game.players (lower(handle::text));
CREATE TABLE game.ratings (player bigint REFERENCES game.players ON DELETE CASCADE, mode game.mode, season smallint DEFAULT 1, elo numeric(6,1) NOT NULL DEFAULT 1000, rd real DEFAULT 350, PRIMARY KEY (player, mode, season));
CREATE INDEX ratings_top ON game.ratings (mode, season, elo DESC) INCLUDE (player);
CREATE UNLOGGED TABLE econ.wallets (player bigint PRIMARY KEY REFERENCES game.players, gold econ.coins NOT NULL, gems econ.coins NOT NULL DEFAULT 5) WITH (fillfactor = 50);
ALTER TABLE econ.wallets SET LOGGED;
CREATE TABLE econ.items (sku text PRIMARY KEY, names jsonb NOT NULL, rarity econ.rarity NOT NULL DEFAULT 'common', price econ.coins, attrs int4range[] DEFAULT '{}', season daterange);
CREATE TABLE econ.inventory (player bigint NOT NULL REFERENCES game.players, slot smallint NOT NULL, sku text NOT NULL REFERENCES econ.items ON UPDATE CASCADE, qty int NOT NULL DEFAULT 1 CHECK (qty BETWEEN 1 AND 99), PRIMARY KEY (player, slot)) PARTITION BY HASH (player);
CREATE TABLE econ.inventory_0 PARTITION OF econ.inventory FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE econ.inventory_1 PARTITION OF econ.inventory FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE game.matches (id bigint GENERATED ALWAYS AS IDENTITY, mode game.mode NOT NULL, at timestamptz NOT NULL DEFAULT now(), secs int, PRIMARY KEY (id, mode)) PARTITION BY LIST (mode);
CREATE TABLE game.matches_duel PARTITION OF game.matches FOR VALUES IN ('duel');
CREATE TABLE game.matches_rest PARTITION OF game.matches DEFAULT;
CREATE TABLE game.participation (match_id bigint, mode game.mode, player bigint REFERENCES game.players, team smallint NOT NULL DEFAULT 0, place smallint NOT NULL, FOREIGN KEY (match_id, mode) REFERENCES game.matches ON DELETE CASCADE, PRIMARY KEY (match_id, mode, player), EXCLUDE (match_id WITH =, place WITH =) WHERE (team = 0));
CREATE FUNCTION game.elo_delta(a numeric, b numeric, k numeric DEFAULT 32) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN round(k * (1 - 1 / (1 + 10 ^ ((b - a) / 400.0))), 1);
CREATE FUNCTION game.after_match() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = game AS $$
BEGIN
  UPDATE ratings r SET elo = r.elo + CASE n.place WHEN 1 THEN 10 ELSE -5 END FROM n WHERE r.player = n.player AND r.mode = n.mode;
  RETURN NULL;
END $$;
CREATE TRIGGER after_match AFTER INSERT ON game.participation REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION game.after_match();
CREATE MATERIALIZED VIEW game.ladder AS SELECT mode, season, rank() OVER (PARTITION BY mode, season ORDER BY elo DESC) AS rank, p.handle, elo FROM game.ratings r JOIN game.players p ON p.id = r.player;
CREATE UNIQUE INDEX ladder_u ON game.ladder (mode, season, handle);
CREATE VIEW public.ladder AS SELECT rank, handle, elo FROM game.ladder WHERE mode = 'duel' AND season = (SELECT max(season) FROM game.ratings);
CREATE PROCEDURE econ.buy(p bigint, i text, n int DEFAULT 1) LANGUAGE plpgsql AS $$ BEGIN UPDATE econ.wallets SET gold = gold - n * (SELECT price FROM econ.items WHERE sku = i) WHERE player = p; END $$;
GRANT USAGE ON SCHEMA game TO app_reader;
GRANT SELECT ON game.ladder TO app_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA game GRANT SELECT ON TABLES TO app_reader;
