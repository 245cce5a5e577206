-- old
CREATE TYPE pt AS (x double precision, y double precision);
CREATE FUNCTION pt_dist(a pt, b pt) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT sqrt(((a).x - (b).x) ^ 2 + ((a).y - (b).y) ^ 2) $$;
CREATE OPERATOR <~> (LEFTARG = pt, RIGHTARG = pt, FUNCTION = pt_dist);
CREATE TABLE stores (id int PRIMARY KEY, at pt NOT NULL, name text);
CREATE FUNCTION nearest(p pt, n int DEFAULT 5) RETURNS SETOF stores LANGUAGE sql STABLE
    AS $$ SELECT * FROM stores ORDER BY at <~> p LIMIT n $$;
CREATE VIEW near_centre AS SELECT id, name FROM stores WHERE (at <~> ROW(0, 0)::pt) < 10;
COMMENT ON OPERATOR <~> (pt, pt) IS 'Distance';
-- new
CREATE TYPE pt AS (x double precision, y double precision);
CREATE FUNCTION pt_dist(a pt, b pt) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT sqrt(((a).x - (b).x) ^ 2 + ((a).y - (b).y) ^ 2) $$;
CREATE OPERATOR <~> (LEFTARG = pt, RIGHTARG = pt, FUNCTION = pt_dist, COMMUTATOR = <~>);
CREATE FUNCTION pt_same(a pt, b pt) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT (a).x = (b).x AND (a).y = (b).y $$;
CREATE OPERATOR ~~~ (LEFTARG = pt, RIGHTARG = pt, FUNCTION = pt_same, COMMUTATOR = ~~~);
CREATE TABLE stores (id int PRIMARY KEY, at pt NOT NULL, name text);
CREATE FUNCTION nearest(p pt, n int DEFAULT 5) RETURNS SETOF stores LANGUAGE sql STABLE
    AS $$ SELECT * FROM stores ORDER BY at <~> p LIMIT n $$;
CREATE VIEW near_centre AS SELECT id, name FROM stores WHERE (at <~> ROW(0, 0)::pt) < 10;
COMMENT ON OPERATOR <~> (pt, pt) IS 'Distance';
