-- old
CREATE EXTENSION pg_trgm;
CREATE TABLE subscribers (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    email text NOT NULL
);
CREATE INDEX subscribers_name ON subscribers USING gin (name gin_trgm_ops);
CREATE FUNCTION like_name(q text) RETURNS SETOF subscribers LANGUAGE sql STABLE AS $$ SELECT * FROM subscribers WHERE name % q $$;
-- new
CREATE SCHEMA ext;
CREATE EXTENSION pg_trgm SCHEMA ext;
CREATE TABLE subscribers (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    email text NOT NULL
);
CREATE INDEX subscribers_name ON subscribers USING gist (name ext.gist_trgm_ops (siglen = 64));
CREATE INDEX subscribers_both ON subscribers USING gin (name ext.gin_trgm_ops, email ext.gin_trgm_ops) WITH (fastupdate = off);
CREATE FUNCTION like_name(q text) RETURNS SETOF subscribers LANGUAGE sql STABLE AS $$ SELECT * FROM subscribers WHERE name OPERATOR(ext.%) q $$;
