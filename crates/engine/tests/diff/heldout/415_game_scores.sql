-- old
CREATE TABLE players (player_id bigint PRIMARY KEY, nick text NOT NULL, elo int DEFAULT 1000, joined date DEFAULT now());
CREATE TABLE matches (match_id bigserial PRIMARY KEY, winner bigint REFERENCES players, loser bigint REFERENCES players, played timestamptz DEFAULT now());
CREATE FUNCTION max_streak_s(state int, w boolean) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN w THEN state + 1 ELSE 0 END $$;
CREATE AGGREGATE streak(boolean) (SFUNC = max_streak_s, STYPE = int, INITCOND = '0');
CREATE VIEW leaderboard AS SELECT rank() OVER (ORDER BY elo DESC) AS pos, nick, elo FROM players;
CREATE VIEW current_streak AS SELECT p.player_id, streak(m.winner = p.player_id ORDER BY m.played) AS s FROM players p JOIN matches m ON p.player_id IN (m.winner, m.loser) GROUP BY 1;
CREATE INDEX players_elo ON players (elo);
-- new
CREATE TYPE league AS ENUM ('bronze','silver','gold');
CREATE TABLE players (
  player_id bigint PRIMARY KEY,
  nick text NOT NULL,
  elo int DEFAULT 1000,
  joined date DEFAULT now(),
  league league GENERATED ALWAYS AS (CASE WHEN elo > 2000 THEN 'gold'::league WHEN elo > 1500 THEN 'silver'::league ELSE 'bronze'::league END) STORED
);
CREATE TABLE matches (match_id bigserial PRIMARY KEY, winner bigint REFERENCES players, loser bigint REFERENCES players, played timestamptz DEFAULT now());
CREATE FUNCTION max_streak_s(state int[], w boolean) RETURNS int[] LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN w THEN ARRAY[state[1] + 1, greatest(state[2], state[1] + 1)] ELSE ARRAY[0, state[2]] END $$;
CREATE FUNCTION max_streak_f(state int[]) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT state[2] $$;
CREATE AGGREGATE streak(boolean) (SFUNC = max_streak_s, STYPE = int[], FINALFUNC = max_streak_f, INITCOND = '{0,0}');
CREATE VIEW leaderboard AS SELECT rank() OVER (ORDER BY elo DESC) AS pos, nick, elo FROM players;
CREATE MATERIALIZED VIEW current_streak AS SELECT p.player_id, streak(m.winner = p.player_id ORDER BY m.played) AS s FROM players p JOIN matches m ON p.player_id IN (m.winner, m.loser) GROUP BY 1;
CREATE INDEX players_elo ON players (league, elo DESC);
