-- old
CREATE SCHEMA app_public; CREATE SCHEMA app_private; CREATE SCHEMA app_hidden;
GRANT USAGE ON SCHEMA app_public TO app_reader;
CREATE TYPE app_public.jwt_token AS (role text, person_id integer, exp bigint);
CREATE TABLE app_public.person (id serial PRIMARY KEY, first_name text NOT NULL CHECK (char_length(first_name) < 80), about text, created_at timestamp DEFAULT now());
COMMENT ON TABLE app_public.person IS E'@omit create,delete\nA user of the forum.';
CREATE TABLE app_private.person_account (person_id integer PRIMARY KEY REFERENCES app_public.person(id) ON DELETE CASCADE, email text NOT NULL UNIQUE, password_hash text NOT NULL);
CREATE TABLE app_public.post (id serial PRIMARY KEY, author_id integer NOT NULL REFERENCES app_public.person(id), headline text NOT NULL, body text, topic text);
CREATE FUNCTION app_public.post_summary(post app_public.post, length int DEFAULT 50, omission text DEFAULT '…') RETURNS text AS $$
  select case when post.body is null then null else substr(post.body, 0, length) || omission end
$$ LANGUAGE sql STABLE;
CREATE FUNCTION app_public.search_posts(search text) RETURNS SETOF app_public.post AS $$
  select post.* from app_public.post as post where position(search in post.headline) > 0
$$ LANGUAGE sql STABLE;
CREATE FUNCTION app_public.current_person_id() RETURNS integer LANGUAGE sql STABLE AS $$ select nullif(current_setting('jwt.claims.person_id', true), '')::integer $$;
ALTER TABLE app_public.post ENABLE ROW LEVEL SECURITY;
CREATE POLICY select_post ON app_public.post FOR SELECT USING (true);
CREATE POLICY insert_post ON app_public.post FOR INSERT TO app_writer WITH CHECK (author_id = app_public.current_person_id());
GRANT SELECT ON app_public.post TO app_reader;
-- new
CREATE SCHEMA app_public;
CREATE SCHEMA app_private;
CREATE SCHEMA app_hidden;
GRANT USAGE ON SCHEMA app_public TO app_reader;
CREATE TYPE app_public.jwt_token AS (role text, person_id integer, exp bigint);
CREATE TYPE app_public.post_topic AS ENUM ('discussion', 'inspiration', 'help', 'showcase');
CREATE TABLE app_public.person (id serial PRIMARY KEY, first_name text NOT NULL CHECK (char_length(first_name) < 80), about text, created_at timestamp DEFAULT now());
COMMENT ON TABLE app_public.person IS E'@omit create,delete\nA user of the forum.';
COMMENT ON COLUMN app_public.person.about IS E'@deprecated use profile';
CREATE TABLE app_private.person_account (person_id integer PRIMARY KEY REFERENCES app_public.person(id) ON DELETE CASCADE, email text NOT NULL UNIQUE, password_hash text NOT NULL);
CREATE TABLE app_public.post (
  id serial PRIMARY KEY,
  author_id integer NOT NULL REFERENCES app_public.person(id),
  headline text NOT NULL,
  body text,
  topic app_public.post_topic,
  tsv tsvector GENERATED ALWAYS AS (setweight(to_tsvector('english', headline), 'A') || to_tsvector('english', coalesce(body, ''))) STORED
);
CREATE FUNCTION app_public.post_summary(post app_public.post, length int DEFAULT 50, omission text DEFAULT '…') RETURNS text AS $$
  select case when post.body is null then null else substr(post.body, 0, length) || omission end
$$ LANGUAGE sql STABLE;
CREATE FUNCTION app_public.search_posts(search text) RETURNS SETOF app_public.post AS $$
  select post.* from app_public.post as post where position(search in post.headline) > 0
$$ LANGUAGE sql STABLE;
CREATE FUNCTION app_public.current_person_id() RETURNS integer LANGUAGE sql STABLE AS $$ select nullif(current_setting('jwt.claims.person_id', true), '')::integer $$;
CREATE FUNCTION app_hidden.current_user_id() RETURNS integer LANGUAGE sql STABLE AS $$ select nullif(current_setting('jwt.claims.user_id', true), '')::integer $$;
ALTER TABLE app_public.post ENABLE ROW LEVEL SECURITY;
CREATE POLICY select_post ON app_public.post FOR SELECT USING (true);
CREATE POLICY insert_post ON app_public.post FOR INSERT TO app_writer WITH CHECK (author_id = app_public.current_person_id());
CREATE POLICY delete_post ON app_public.post FOR DELETE TO app_writer USING (author_id = app_hidden.current_user_id());
GRANT SELECT ON app_public.post TO app_reader;
