-- old
CREATE EXTENSION pgcrypto;
CREATE SCHEMA util;
CREATE FUNCTION util.token() RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT encode(public.gen_random_bytes(16), 'hex') $$;
CREATE TABLE invitations (
    token text PRIMARY KEY DEFAULT util.token(),
    email text NOT NULL,
    org integer NOT NULL,
    expires timestamptz NOT NULL DEFAULT now() + interval '7 days',
    accepted timestamptz
);
CREATE UNIQUE INDEX invitations_open ON invitations (org, lower(email)) WHERE accepted IS NULL;
CREATE VIEW pending_invitations AS
    SELECT org, email, expires FROM invitations WHERE accepted IS NULL AND expires > now();
GRANT SELECT ON pending_invitations TO app_reader;
-- new
CREATE EXTENSION pgcrypto;
CREATE SCHEMA util;
CREATE FUNCTION util.token(bytes integer DEFAULT 24) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT encode(public.gen_random_bytes(bytes), 'hex') $$;
CREATE FUNCTION util.norm(t text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT lower(btrim(t)) $$;
CREATE TABLE invitations (
    token text PRIMARY KEY DEFAULT util.token(32),
    email text NOT NULL,
    email_norm text GENERATED ALWAYS AS (util.norm(email)) STORED,
    org integer NOT NULL,
    expires timestamptz NOT NULL DEFAULT now() + interval '7 days',
    accepted timestamptz
);
CREATE UNIQUE INDEX invitations_open ON invitations (org, email_norm) WHERE accepted IS NULL;
CREATE VIEW pending_invitations AS
    SELECT org, email_norm AS email, expires FROM invitations WHERE accepted IS NULL AND expires > now();
GRANT SELECT ON pending_invitations TO app_reader;
