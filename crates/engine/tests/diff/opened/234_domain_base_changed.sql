-- old
CREATE DOMAIN ident AS varchar(10) CHECK (VALUE ~ '^[a-z]+$');
CREATE DOMAIN ident2 AS ident DEFAULT 'zz';
CREATE DOMAIN idents AS ident[];
CREATE TYPE tagged AS (k ident, n int);
CREATE TABLE x (id ident PRIMARY KEY, alt ident2, many idents, raw ident[], t tagged);
CREATE TABLE y (xid ident REFERENCES x ON UPDATE CASCADE, xs ident2 NOT NULL);
CREATE FUNCTION norm(i ident) RETURNS ident LANGUAGE sql IMMUTABLE AS 'SELECT lower(i)';
CREATE INDEX x_norm ON x (norm(alt));
CREATE VIEW xv AS SELECT id, norm(id) AS n, (t).k FROM x;
CREATE MATERIALIZED VIEW xm AS SELECT id::text || 'q' AS q FROM x;
CREATE CAST (int AS ident) WITH INOUT;
GRANT USAGE ON DOMAIN ident TO app_reader;
COMMENT ON DOMAIN ident2 IS 'second';
-- new
CREATE DOMAIN ident AS text CHECK (VALUE ~ '^[a-z0-9]+$');
CREATE DOMAIN ident2 AS ident DEFAULT 'zz' NOT NULL;
CREATE DOMAIN idents AS ident[];
CREATE TYPE tagged AS (k ident, n int);
CREATE TABLE x (id ident PRIMARY KEY, alt ident2, many idents, raw ident[], t tagged);
CREATE TABLE y (xid ident REFERENCES x ON UPDATE CASCADE, xs ident2);
CREATE FUNCTION norm(i ident) RETURNS ident LANGUAGE sql IMMUTABLE AS 'SELECT lower(i)';
CREATE INDEX x_norm ON x (norm(alt));
CREATE VIEW xv AS SELECT id, norm(id) AS n, (t).k FROM x;
CREATE MATERIALIZED VIEW xm AS SELECT id::text || 'q' AS q FROM x;
GRANT USAGE ON DOMAIN ident TO app_reader;
COMMENT ON DOMAIN ident2 IS 'second';
