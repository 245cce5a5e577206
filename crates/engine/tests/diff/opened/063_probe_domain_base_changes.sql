-- old
CREATE DOMAIN amount AS integer CHECK (VALUE >= 0);
CREATE TABLE t (id int PRIMARY KEY, a amount NOT NULL DEFAULT 0, bs amount[]);
CREATE VIEW v AS SELECT id, a FROM t WHERE a > 5;
CREATE FUNCTION twice(x amount) RETURNS amount LANGUAGE sql IMMUTABLE AS $$ SELECT (x * 2)::amount $$;
CREATE TYPE line AS (sku text, cost amount);
CREATE INDEX t_a ON t (a);
-- new
CREATE DOMAIN amount AS numeric(12,2) CHECK (VALUE >= 0);
CREATE TABLE t (id int PRIMARY KEY, a amount NOT NULL DEFAULT 0, bs amount[]);
CREATE VIEW v AS SELECT id, a FROM t WHERE a > 5;
CREATE FUNCTION twice(x amount) RETURNS amount LANGUAGE sql IMMUTABLE AS $$ SELECT (x * 2)::amount $$;
CREATE TYPE line AS (sku text, cost amount);
CREATE INDEX t_a ON t (a);
