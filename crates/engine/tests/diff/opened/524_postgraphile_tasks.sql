-- old
CREATE SCHEMA app_public;
CREATE SCHEMA app_private;
CREATE TABLE app_public.person (id serial PRIMARY KEY, first_name text NOT NULL, last_name text, created_at timestamp DEFAULT now());
CREATE TABLE app_private.person_account (person_id integer PRIMARY KEY REFERENCES app_public.person ON DELETE CASCADE, email text NOT NULL UNIQUE, password_hash text NOT NULL);
CREATE TYPE app_public.jwt AS (role text, person_id integer);
CREATE FUNCTION app_public.person_full_name(person app_public.person) RETURNS text AS $$ SELECT person.first_name || ' ' || person.last_name $$ LANGUAGE sql STABLE;
CREATE FUNCTION app_public.authenticate(email text, password text) RETURNS app_public.jwt AS $$
DECLARE a app_private.person_account;
BEGIN
  SELECT x.* INTO a FROM app_private.person_account AS x WHERE x.email = $1;
  IF a.password_hash = md5(password) THEN RETURN ('app_writer', a.person_id)::app_public.jwt; END IF;
  RETURN NULL;
END;
$$ LANGUAGE plpgsql STRICT SECURITY DEFINER;
COMMENT ON FUNCTION app_public.person_full_name(app_public.person) IS 'A person''s full name.';
GRANT USAGE ON SCHEMA app_public TO app_writer;
GRANT EXECUTE ON FUNCTION app_public.authenticate(text, text) TO app_writer;
-- new
CREATE SCHEMA app_public;
CREATE SCHEMA app_private;
CREATE EXTENSION pgcrypto WITH SCHEMA app_private;
CREATE TABLE app_public.person (id serial PRIMARY KEY, first_name text NOT NULL, last_name text, created_at timestamp DEFAULT now());
CREATE TABLE app_private.person_account (person_id integer PRIMARY KEY REFERENCES app_public.person ON DELETE CASCADE, email text NOT NULL UNIQUE, password_hash text NOT NULL);
CREATE TABLE app_public.task (id serial PRIMARY KEY, person_id integer NOT NULL REFERENCES app_public.person, title text NOT NULL, done boolean NOT NULL DEFAULT false);
CREATE TYPE app_public.jwt AS (role text, person_id integer, exp bigint);
CREATE FUNCTION app_public.person_full_name(person app_public.person) RETURNS text AS $$ SELECT concat_ws(' ', person.first_name, person.last_name) $$ LANGUAGE sql STABLE;
CREATE FUNCTION app_public.person_open_tasks(person app_public.person) RETURNS SETOF app_public.task AS $$ SELECT t.* FROM app_public.task t WHERE t.person_id = person.id AND NOT t.done $$ LANGUAGE sql STABLE;
CREATE FUNCTION app_public.authenticate(email text, password text) RETURNS app_public.jwt AS $$
DECLARE a app_private.person_account;
BEGIN
  SELECT x.* INTO a FROM app_private.person_account AS x WHERE x.email = $1;
  IF a.password_hash = app_private.crypt(password, a.password_hash) THEN
    RETURN ('app_writer', a.person_id, extract(epoch FROM now() + interval '2 days'))::app_public.jwt;
  END IF;
  RETURN NULL;
END;
$$ LANGUAGE plpgsql STRICT SECURITY DEFINER;
COMMENT ON FUNCTION app_public.person_full_name(app_public.person) IS E'@name fullName\nA person''s full name.';
COMMENT ON TABLE app_public.task IS E'@omit delete';
REVOKE EXECUTE ON FUNCTION app_public.authenticate(text, text) FROM PUBLIC;
GRANT USAGE ON SCHEMA app_public TO app_writer, app_reader;
GRANT EXECUTE ON FUNCTION app_public.authenticate(text, text) TO app_writer, app_reader;
GRANT SELECT, INSERT, UPDATE ON app_public.task TO app_writer;
GRANT USAGE ON SEQUENCE app_public.task_id_seq TO app_writer;
