-- old
CREATE SCHEMA log;
CREATE TYPE log.mode AS ENUM ('road', 'rail', 'sea');
CREATE DOMAIN log.km AS integer CHECK (VALUE > 0);
CREATE TABLE log.hubs (id int PRIMARY KEY, name text NOT NULL, modes log.mode[] NOT NULL DEFAULT '{road}');
CREATE TABLE log.legs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    a int NOT NULL REFERENCES log.hubs,
    b int NOT NULL REFERENCES log.hubs,
    mode log.mode NOT NULL DEFAULT 'road',
    dist log.km NOT NULL,
    hours real GENERATED ALWAYS AS (dist / 60.0) STORED,
    UNIQUE (a, b, mode),
    CONSTRAINT distinct_ends CHECK (a <> b)
);
CREATE INDEX legs_fast ON log.legs (hours) WHERE mode <> 'sea';
CREATE FUNCTION log.dist(x int, y int, m log.mode DEFAULT 'road') RETURNS log.km LANGUAGE sql STABLE AS $$ SELECT min(dist)::log.km FROM log.legs WHERE a = x AND b = y AND mode = m $$;
CREATE VIEW log.sea_legs AS SELECT id, a, b, dist FROM log.legs WHERE mode = 'sea' WITH CHECK OPTION;
CREATE MATERIALIZED VIEW log.reach AS SELECT a, mode, count(*) AS n, max(dist) AS furthest FROM log.legs GROUP BY a, mode;
CREATE UNIQUE INDEX reach_key ON log.reach (a, mode);
CREATE FUNCTION log.refresh() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN REFRESH MATERIALIZED VIEW CONCURRENTLY log.reach; RETURN NULL; END $$;
CREATE TRIGGER refresh AFTER INSERT OR UPDATE OF dist, mode ON log.legs FOR EACH STATEMENT EXECUTE FUNCTION log.refresh();
ALTER TABLE log.legs ENABLE ROW LEVEL SECURITY;
CREATE POLICY no_sea ON log.legs AS RESTRICTIVE TO app_writer USING (mode <> 'sea');
CREATE STATISTICS log.legs_st ON a, mode, dist FROM log.legs;
GRANT SELECT ON log.reach, log.sea_legs TO app_reader;
-- new
CREATE SCHEMA log;
CREATE TYPE log.mode AS ENUM ('road', 'rail', 'sea', 'air');
CREATE DOMAIN log.km AS numeric(8,1) CHECK (VALUE > 0);
CREATE TABLE log.hubs (id int PRIMARY KEY, name text NOT NULL, modes log.mode[] NOT NULL DEFAULT '{road}');
CREATE TABLE log.legs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    a int NOT NULL REFERENCES log.hubs,
    b int NOT NULL REFERENCES log.hubs,
    mode log.mode NOT NULL DEFAULT 'road',
    dist log.km NOT NULL,
    hours numeric(6,2) GENERATED ALWAYS AS (dist / CASE mode WHEN 'air' THEN 700 WHEN 'sea' THEN 30 ELSE 60 END) STORED,
    UNIQUE (a, b, mode),
    CONSTRAINT distinct_ends CHECK (a <> b)
);
CREATE INDEX legs_fast ON log.legs (hours) WHERE mode <> 'sea';
CREATE FUNCTION log.dist(x int, y int, m log.mode DEFAULT 'road') RETURNS log.km LANGUAGE sql STABLE AS $$ SELECT min(dist)::log.km FROM log.legs WHERE a = x AND b = y AND mode = m $$;
CREATE VIEW log.sea_legs AS SELECT id, a, b, dist FROM log.legs WHERE mode = 'sea' WITH CHECK OPTION;
CREATE MATERIALIZED VIEW log.reach AS SELECT a, mode, count(*) AS n, max(dist) AS furthest FROM log.legs GROUP BY a, mode;
CREATE UNIQUE INDEX reach_key ON log.reach (a, mode);
CREATE FUNCTION log.refresh() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN REFRESH MATERIALIZED VIEW CONCURRENTLY log.reach; RETURN NULL; END $$;
CREATE TRIGGER refresh AFTER INSERT OR UPDATE OF dist, mode ON log.legs FOR EACH STATEMENT EXECUTE FUNCTION log.refresh();
ALTER TABLE log.legs ENABLE ROW LEVEL SECURITY;
CREATE POLICY no_sea ON log.legs AS RESTRICTIVE TO app_writer USING (mode <> 'sea');
CREATE STATISTICS log.legs_st ON a, mode, dist FROM log.legs;
GRANT SELECT ON log.reach, log.sea_legs TO app_reader;
