-- old
CREATE TYPE rarity AS ENUM ('common','rare','epic');
CREATE TYPE slot AS ENUM ('head','body','hand');
CREATE TABLE item_def (id int PRIMARY KEY, name text NOT NULL, rarity rarity NOT NULL DEFAULT 'common', slot slot, stats jsonb DEFAULT '{}');
CREATE TABLE player (id bigint PRIMARY KEY, name text NOT NULL CONSTRAINT player_name_uq UNIQUE, gold int NOT NULL DEFAULT 0, CONSTRAINT gold_nonneg CHECK (gold >= 0));
CREATE TABLE inventory (player_id bigint REFERENCES player ON DELETE CASCADE, item_id int REFERENCES item_def, n int NOT NULL DEFAULT 1, PRIMARY KEY (player_id, item_id));
CREATE TABLE equipment (player_id bigint REFERENCES player ON DELETE CASCADE, slot slot, item_id int REFERENCES item_def, PRIMARY KEY (player_id, slot));
CREATE TABLE trade (id bigserial PRIMARY KEY, a bigint REFERENCES player, b bigint REFERENCES player, item_id int REFERENCES item_def, gold int, done boolean DEFAULT false);
CREATE INDEX trade_open ON trade (a, b) WHERE NOT done;
CREATE INDEX item_stats ON item_def USING gin (stats);
CREATE VIEW wealth AS SELECT p.id, p.name, p.gold + coalesce(sum(i.n), 0) AS worth FROM player p LEFT JOIN inventory i ON i.player_id = p.id GROUP BY p.id;
CREATE FUNCTION give(p bigint, i int, c int DEFAULT 1) RETURNS void LANGUAGE sql AS $$ INSERT INTO inventory VALUES (p, i, c) ON CONFLICT (player_id, item_id) DO UPDATE SET n = inventory.n + excluded.n $$;
COMMENT ON TABLE trade IS 'p2p';
COMMENT ON FUNCTION give IS 'admin only';
-- new
CREATE TYPE rarity AS ENUM ('common','rare','epic');
CREATE TYPE slot AS ENUM ('head','body','hand');
CREATE TABLE item_def (id int PRIMARY KEY, name text NOT NULL, rarity rarity NOT NULL DEFAULT 'common', slot slot, stats jsonb DEFAULT '{}' NOT NULL);
CREATE TABLE player (
  id bigint PRIMARY KEY,
  name text NOT NULL CONSTRAINT player_name_key UNIQUE,
  gold int NOT NULL DEFAULT 0,
  CONSTRAINT gold_nonneg CHECK (gold >= 0)
);
CREATE TABLE inventory (player_id bigint REFERENCES player ON DELETE CASCADE, item_id int REFERENCES item_def, n int NOT NULL DEFAULT 1, PRIMARY KEY (player_id, item_id));
CREATE TABLE equipment (player_id bigint REFERENCES player ON DELETE CASCADE, slot slot, item_id int REFERENCES item_def, PRIMARY KEY (player_id, slot));
CREATE TABLE trade (id bigserial PRIMARY KEY, a bigint REFERENCES player, b bigint REFERENCES player, item_id int REFERENCES item_def, gold bigint, done_at timestamptz);
CREATE INDEX trade_open ON trade (a, b) WHERE done_at IS NULL;
CREATE INDEX item_stats ON item_def USING gin (stats);
CREATE VIEW wealth AS SELECT p.id, p.name, p.gold + coalesce(sum(i.n), 0) AS worth FROM player p LEFT JOIN inventory i ON i.player_id = p.id GROUP BY p.id;
CREATE FUNCTION give(p bigint, i int, c int DEFAULT 1) RETURNS void LANGUAGE sql AS $$ INSERT INTO inventory VALUES (p, i, c) ON CONFLICT (player_id, item_id) DO UPDATE SET n = inventory.n + excluded.n $$;
COMMENT ON TABLE trade IS 'p2p';
COMMENT ON FUNCTION give IS 'admin only';
