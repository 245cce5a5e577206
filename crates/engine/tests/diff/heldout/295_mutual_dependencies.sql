-- old
CREATE TABLE n (id int PRIMARY KEY, parent int, label text);
CREATE FUNCTION depth(n) RETURNS int LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN CASE WHEN $1.parent IS NULL THEN 0 ELSE 1 + (SELECT depth(p) FROM n p WHERE p.id = $1.parent) END; END $$;
ALTER TABLE n ADD CONSTRAINT shallow CHECK (depth(n) < 5);
CREATE VIEW nv AS SELECT id, depth(n) AS d FROM n;
CREATE FUNCTION max_depth() RETURNS int LANGUAGE sql STABLE BEGIN ATOMIC SELECT max(nv.d) FROM nv; END;
CREATE TABLE limits (id int DEFAULT max_depth(), m int);
CREATE FUNCTION lim() RETURNS limits LANGUAGE sql STABLE AS 'SELECT * FROM limits LIMIT 1';
ALTER TABLE n ENABLE ROW LEVEL SECURITY;
CREATE POLICY np ON n USING ((lim()).m > 0);
CREATE TYPE pair AS (l n, r n);
CREATE FUNCTION pairs(pair) RETURNS n LANGUAGE sql IMMUTABLE AS 'SELECT $1.l';
ALTER TABLE limits ADD COLUMN p pair, ADD CHECK ((pairs(p)).id > 0);
-- new
CREATE TABLE n (id bigint PRIMARY KEY, parent bigint, label text, kind text);
CREATE FUNCTION depth(n, start int DEFAULT 0) RETURNS bigint LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN CASE WHEN $1.parent IS NULL THEN start ELSE 1 + (SELECT depth(p) FROM n p WHERE p.id = $1.parent) END; END $$;
ALTER TABLE n ADD CONSTRAINT shallow CHECK (depth(n, 1) < 5);
CREATE VIEW nv AS SELECT id, depth(n) AS d, kind FROM n;
CREATE FUNCTION max_depth() RETURNS bigint LANGUAGE sql STABLE BEGIN ATOMIC SELECT max(nv.d) FROM nv; END;
CREATE TABLE limits (id bigint DEFAULT max_depth(), m int);
CREATE FUNCTION lim() RETURNS limits LANGUAGE sql STABLE AS 'SELECT * FROM limits LIMIT 1';
ALTER TABLE n ENABLE ROW LEVEL SECURITY;
CREATE POLICY np ON n USING ((lim()).m > 1 OR kind IS NULL);
CREATE TYPE pair AS (l n, r n, w int);
CREATE FUNCTION pairs(pair) RETURNS n LANGUAGE sql IMMUTABLE AS 'SELECT $1.r';
ALTER TABLE limits ADD COLUMN p pair, ADD CHECK ((pairs(p)).id > 0);
