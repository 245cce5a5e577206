-- old
CREATE SCHEMA auth;
CREATE SCHEMA api;
CREATE FUNCTION auth.claim(k text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT current_setting('request.jwt.claim.' || k, true) $$;
CREATE FUNCTION auth.user_id() RETURNS integer LANGUAGE sql STABLE AS $$ SELECT auth.claim('sub')::integer $$;
CREATE TABLE api.notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    author integer NOT NULL DEFAULT auth.user_id(),
    body text NOT NULL CHECK (body <> ''),
    shared boolean NOT NULL DEFAULT false
);
CREATE INDEX notes_author ON api.notes (author);
ALTER TABLE api.notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY read_own ON api.notes FOR SELECT USING (author = auth.user_id() OR shared);
CREATE POLICY write_own ON api.notes FOR ALL TO app_writer USING (author = auth.user_id())
    ;
CREATE VIEW api.my_notes AS SELECT id, body FROM api.notes WHERE author = auth.user_id();
GRANT USAGE ON SCHEMA api, auth TO app_writer, app_reader;
GRANT SELECT ON api.notes, api.my_notes TO app_reader;
-- new
CREATE SCHEMA auth;
CREATE SCHEMA api;
CREATE FUNCTION auth.claims() RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;
CREATE FUNCTION auth.claim(k text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT auth.claims() ->> k $$;
CREATE FUNCTION auth.user_id() RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT auth.claim('sub')::uuid $$;
CREATE TABLE api.notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    author uuid NOT NULL DEFAULT auth.user_id(),
    body text NOT NULL CHECK (body <> ''),
    shared boolean NOT NULL DEFAULT false
);
CREATE INDEX notes_author ON api.notes (author);
ALTER TABLE api.notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY read_own ON api.notes FOR SELECT USING (author = auth.user_id() OR shared);
CREATE POLICY write_own ON api.notes FOR ALL TO app_writer USING (author = auth.user_id())
    WITH CHECK (author = auth.user_id() AND auth.claim('role') = 'editor');
CREATE VIEW api.my_notes AS SELECT id, body FROM api.notes WHERE author = auth.user_id();
GRANT USAGE ON SCHEMA api, auth TO app_writer, app_reader;
GRANT SELECT ON api.notes, api.my_notes TO app_reader;
