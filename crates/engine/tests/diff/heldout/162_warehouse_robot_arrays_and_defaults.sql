-- old
CREATE TYPE heading AS ENUM ('n', 'e', 's', 'w');
CREATE TABLE robots (
    id int PRIMARY KEY,
    pos integer[2] NOT NULL DEFAULT '{0,0}',
    heading heading NOT NULL DEFAULT 'n',
    route
        integer[][]
,
    battery numeric(4,1) DEFAULT 100.0
);
CREATE VIEW at_dock AS SELECT id FROM robots WHERE pos[1] = 0 AND pos[2] = 0;
CREATE INDEX robots_pos ON robots USING gin (pos);
CREATE FUNCTION turn(h heading) RETURNS heading LANGUAGE sql IMMUTABLE AS $$ SELECT CASE h WHEN 'n' THEN 'e' WHEN 'e' THEN 's' WHEN 's' THEN 'w' ELSE 'n' END::heading $$;
-- new
CREATE TYPE heading AS ENUM ('n', 'e', 's', 'w');
CREATE TABLE robots (
    id int PRIMARY KEY,
    pos point NOT NULL DEFAULT '(0,0)',
    heading smallint NOT NULL DEFAULT 0 CHECK (heading BETWEEN 0 AND 359),
    route
        path
,
    battery numeric(4,1) DEFAULT 100.0
);
CREATE VIEW at_dock AS SELECT id FROM robots WHERE pos ~= '(0,0)'::point;
CREATE INDEX robots_pos ON robots USING gist (pos);
CREATE INDEX robots_pos2 ON robots USING spgist (pos kd_point_ops);
CREATE FUNCTION turn(h smallint) RETURNS smallint LANGUAGE sql IMMUTABLE AS $$ SELECT ((h + 90) % 360)::smallint $$;
