-- old
CREATE SCHEMA api AUTHORIZATION app_owner;
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA api GRANT SELECT ON TABLES TO app_reader;
CREATE TABLE api.key (id uuid PRIMARY KEY, secret bytea NOT NULL, label text);
CREATE TABLE api.call (id bigserial PRIMARY KEY, key_id uuid REFERENCES api.key, path text, status smallint, ms integer);
CREATE FUNCTION api.revoke_key(uuid) RETURNS void LANGUAGE sql AS 'DELETE FROM api.key WHERE id = $1';
ALTER TABLE api.key OWNER TO app_owner;
ALTER TABLE api.call OWNER TO app_owner;
ALTER FUNCTION api.revoke_key(uuid) OWNER TO app_owner;
GRANT SELECT ON api.call TO app_reader WITH GRANT OPTION;
-- new
CREATE SCHEMA api AUTHORIZATION app_owner;
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA api GRANT SELECT ON TABLES TO app_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA api GRANT INSERT, UPDATE ON TABLES TO app_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA api GRANT USAGE ON SEQUENCES TO app_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
CREATE TABLE api.key (id uuid PRIMARY KEY, secret bytea NOT NULL, label text, revoked_at timestamptz);
CREATE TABLE api.call (id bigserial PRIMARY KEY, key_id uuid REFERENCES api.key ON DELETE SET NULL, path text, status smallint, ms integer);
CREATE FUNCTION api.revoke_key(p_key uuid) RETURNS boolean LANGUAGE sql AS 'UPDATE api.key SET revoked_at = now() WHERE id = p_key AND revoked_at IS NULL RETURNING true';
ALTER TABLE api.key OWNER TO app_owner;
ALTER TABLE api.call OWNER TO app_owner;
ALTER FUNCTION api.revoke_key(uuid) OWNER TO app_owner;
REVOKE ALL ON FUNCTION api.revoke_key(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.revoke_key(uuid) TO app_writer;
GRANT SELECT ON api.call TO app_reader;
GRANT SELECT (id, label, revoked_at) ON api.key TO app_reader;
GRANT USAGE ON SCHEMA api TO app_reader, app_writer;
