-- old
CREATE EXTENSION citext;
CREATE EXTENSION "uuid-ossp";
CREATE EXTENSION pgcrypto;
CREATE EXTENSION fuzzystrmatch;
CREATE TABLE users (id uuid DEFAULT uuid_generate_v4() PRIMARY KEY, email citext UNIQUE NOT NULL, pw text, last_name text);
CREATE TABLE api_keys (id uuid DEFAULT uuid_generate_v1mc() PRIMARY KEY, user_id uuid REFERENCES users, digest bytea NOT NULL, scopes text[]);
CREATE INDEX users_soundex ON users (soundex(last_name));
CREATE FUNCTION check_pw(e citext, p text) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT pw = crypt(p, pw) FROM users WHERE email = e $$;
CREATE FUNCTION new_key(u uuid, s text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE k text := encode(gen_random_bytes(24), 'hex');
BEGIN
  INSERT INTO api_keys (user_id, digest, scopes) VALUES (u, digest(k, 'sha256'), s);
  RETURN k;
END $$;
CREATE VIEW key_owner AS SELECT k.id, u.email, k.scopes FROM api_keys k JOIN users u ON u.id = k.user_id;
REVOKE EXECUTE ON FUNCTION check_pw(citext, text) FROM PUBLIC;
-- new
CREATE SCHEMA extensions;
CREATE EXTENSION citext SCHEMA extensions;
CREATE EXTENSION pgcrypto SCHEMA extensions;
CREATE TABLE users (
  id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
  email extensions.citext UNIQUE NOT NULL,
  pw text,
  last_name text
);
CREATE TABLE api_keys (
  id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
  user_id uuid REFERENCES users,
  digest bytea NOT NULL,
  scopes text[]
);
CREATE FUNCTION check_pw(e extensions.citext, p text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, extensions AS $$ SELECT pw = extensions.crypt(p, pw) FROM public.users WHERE email OPERATOR(extensions.=) e $$;
CREATE FUNCTION new_key(u uuid, s text[], ttl interval DEFAULT '90 days') RETURNS text LANGUAGE plpgsql AS $$
DECLARE k text := encode(extensions.gen_random_bytes(24), 'hex');
BEGIN
  INSERT INTO api_keys (user_id, digest, scopes, expires_at) VALUES (u, extensions.digest(k, 'sha256'), s, now() + ttl);
  RETURN k;
END $$;
CREATE VIEW key_owner AS SELECT k.id, u.email, k.scopes FROM api_keys k JOIN users u ON u.id = k.user_id;
REVOKE EXECUTE ON FUNCTION check_pw(extensions.citext, text) FROM PUBLIC;
