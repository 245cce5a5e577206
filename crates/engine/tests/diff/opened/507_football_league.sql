-- old
CREATE TABLE teams (team_id int PRIMARY KEY, name text NOT NULL UNIQUE, founded int);
CREATE TABLE players (player_id int PRIMARY KEY, team_id int REFERENCES teams, name text NOT NULL, shirt int, CONSTRAINT shirt_range CHECK (shirt BETWEEN 1 AND 99));
CREATE TABLE matches (
    match_id int PRIMARY KEY,
    home_id int NOT NULL,
    away_id int NOT NULL,
    played timestamp,
    home_goals int DEFAULT 0,
    away_goals int DEFAULT 0,
    FOREIGN KEY (home_id) REFERENCES teams,
    FOREIGN KEY (away_id) REFERENCES teams
);
CREATE FUNCTION points(gf int, ga int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT CASE WHEN gf > ga THEN 2 WHEN gf = ga THEN 1 ELSE 0 END';
CREATE VIEW results AS
  SELECT home_id AS team_id, home_goals AS gf, away_goals AS ga FROM matches
  UNION ALL
  SELECT away_id, away_goals, home_goals FROM matches;
CREATE VIEW standings AS
  SELECT t.name, sum(points(r.gf, r.ga)) AS pts, sum(r.gf) - sum(r.ga) AS diff
  FROM results r JOIN teams t USING (team_id) GROUP BY t.name;
-- new
CREATE TABLE seasons (season_id smallint PRIMARY KEY, label text NOT NULL, win_points smallint NOT NULL DEFAULT 3);
CREATE TABLE teams (team_id int PRIMARY KEY, name text NOT NULL UNIQUE, founded int, city text);
CREATE TABLE players (player_id int PRIMARY KEY, team_id int REFERENCES teams, name text NOT NULL, shirt int, CONSTRAINT shirt_range CHECK (shirt BETWEEN 1 AND 99));
CREATE TABLE matches (
    match_id int PRIMARY KEY,
    season_id smallint NOT NULL REFERENCES seasons,
    home_id int NOT NULL,
    away_id int NOT NULL,
    played timestamptz,
    home_goals int DEFAULT 0,
    away_goals int DEFAULT 0,
    FOREIGN KEY (home_id) REFERENCES teams,
    FOREIGN KEY (away_id) REFERENCES teams,
    CONSTRAINT not_self CHECK (home_id <> away_id)
);
CREATE FUNCTION points(gf int, ga int, win smallint) RETURNS int IMMUTABLE PARALLEL SAFE LANGUAGE sql AS 'SELECT CASE WHEN gf > ga THEN win WHEN gf = ga THEN 1 ELSE 0 END';
CREATE VIEW results AS
  SELECT season_id, home_id AS team_id, home_goals AS gf, away_goals AS ga FROM matches
  UNION ALL
  SELECT season_id, away_id, away_goals, home_goals FROM matches;
CREATE VIEW standings AS
  SELECT s.label AS season, t.name, sum(points(r.gf, r.ga, s.win_points)) AS pts, sum(r.gf) - sum(r.ga) AS diff
  FROM results r JOIN teams t USING (team_id) JOIN seasons s USING (season_id) GROUP BY s.label, t.name;
COMMENT ON CONSTRAINT not_self ON matches IS 'a team does not play itself';
