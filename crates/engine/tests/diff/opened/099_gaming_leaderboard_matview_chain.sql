-- old
CREATE TABLE scores (player int NOT NULL, season int NOT NULL, points
    int NOT NULL,
    PRIMARY KEY (player, season));
CREATE MATERIALIZED VIEW totals AS SELECT player, sum(points) AS points FROM scores GROUP BY player;
CREATE UNIQUE INDEX totals_player ON totals (player);
CREATE MATERIALIZED VIEW ranks AS SELECT player, points, rank() OVER (ORDER BY points DESC) AS rank FROM totals;
CREATE UNIQUE INDEX ranks_player ON ranks (player);
CREATE INDEX ranks_rank ON ranks (rank);
CREATE VIEW podium AS SELECT * FROM ranks WHERE rank <= 3;
CREATE FUNCTION rank_of(p int) RETURNS bigint LANGUAGE sql STABLE RETURN (SELECT rank FROM ranks WHERE player = p);
CREATE FUNCTION refresh_all() RETURNS void LANGUAGE plpgsql AS $$ BEGIN REFRESH MATERIALIZED VIEW totals; REFRESH MATERIALIZED VIEW ranks; END $$;
COMMENT ON MATERIALIZED VIEW ranks IS 'Second stage';
COMMENT ON COLUMN ranks.rank IS 'One is best';
GRANT SELECT ON podium, ranks TO app_reader;
ALTER MATERIALIZED VIEW ranks OWNER TO app_owner;
-- new
CREATE TABLE scores (player int NOT NULL, season int NOT NULL, points
    bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (player, season));
CREATE MATERIALIZED VIEW totals AS SELECT player, sum(points) AS points FROM scores GROUP BY player;
CREATE UNIQUE INDEX totals_player ON totals (player);
CREATE MATERIALIZED VIEW ranks AS SELECT player, points, rank() OVER (ORDER BY points DESC) AS rank FROM totals;
CREATE UNIQUE INDEX ranks_player ON ranks (player);
CREATE INDEX ranks_rank ON ranks (rank);
CREATE VIEW podium AS SELECT * FROM ranks WHERE rank <= 3;
CREATE FUNCTION rank_of(p int) RETURNS bigint LANGUAGE sql STABLE RETURN (SELECT rank FROM ranks WHERE player = p);
CREATE FUNCTION refresh_all() RETURNS void LANGUAGE plpgsql AS $$ BEGIN REFRESH MATERIALIZED VIEW totals; REFRESH MATERIALIZED VIEW ranks; END $$;
COMMENT ON MATERIALIZED VIEW ranks IS 'Second stage';
COMMENT ON COLUMN ranks.rank IS 'One is best';
GRANT SELECT ON podium, ranks TO app_reader;
ALTER MATERIALIZED VIEW ranks OWNER TO app_owner;
