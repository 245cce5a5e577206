-- old
CREATE EXTENSION citext;
CREATE EXTENSION pgcrypto;
CREATE TABLE logins (
    name citext PRIMARY KEY,
    hash text NOT NULL DEFAULT crypt('', gen_salt('bf'))
);
CREATE VIEW admins AS SELECT name FROM logins WHERE name
    = 'root'::citext;
CREATE FUNCTION by_name(n citext) RETURNS SETOF logins LANGUAGE sql STABLE AS $$ SELECT * FROM logins WHERE name = n $$;
GRANT SELECT ON admins TO app_reader;
-- new
CREATE SCHEMA extensions;
GRANT USAGE ON SCHEMA extensions TO PUBLIC;
CREATE EXTENSION citext SCHEMA extensions;
CREATE TABLE logins (
    name extensions.citext PRIMARY KEY,
    hash text NOT NULL
);
CREATE VIEW admins AS SELECT name FROM logins WHERE name
    OPERATOR(extensions.=) 'root'::extensions.citext;
CREATE FUNCTION by_name(n extensions.citext) RETURNS SETOF logins LANGUAGE sql STABLE SET search_path = public, extensions AS $$ SELECT * FROM logins WHERE name = n $$;
GRANT SELECT ON admins TO app_reader;
