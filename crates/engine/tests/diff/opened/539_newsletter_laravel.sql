-- old
CREATE TABLE users (id bigserial PRIMARY KEY, name varchar(255) NOT NULL, email varchar(255) NOT NULL, email_verified_at timestamp(0), remember_token varchar(100), created_at timestamp(0), updated_at timestamp(0));
ALTER TABLE users ADD CONSTRAINT users_email_unique UNIQUE (email);
CREATE TABLE lists (id bigserial PRIMARY KEY, user_id bigint NOT NULL, title varchar(255) NOT NULL, status varchar(255) CHECK (status IN ('draft', 'live')) NOT NULL DEFAULT 'draft', created_at timestamp(0), updated_at timestamp(0));
ALTER TABLE lists ADD CONSTRAINT lists_user_id_foreign FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;
CREATE TABLE subscribers (id bigserial PRIMARY KEY, list_id bigint NOT NULL, email varchar(255) NOT NULL, data json, created_at timestamp(0), updated_at timestamp(0));
ALTER TABLE subscribers ADD CONSTRAINT subscribers_list_id_foreign FOREIGN KEY (list_id) REFERENCES lists (id);
CREATE TABLE jobs (id bigserial PRIMARY KEY, queue varchar(255) NOT NULL, payload text NOT NULL, attempts smallint NOT NULL, reserved_at integer, available_at integer NOT NULL, created_at integer NOT NULL);
CREATE INDEX jobs_queue_index ON jobs (queue);
-- new
CREATE TABLE users (id bigserial PRIMARY KEY, name varchar(255) NOT NULL, email varchar(255) NOT NULL, email_verified_at timestamp(0), remember_token varchar(100), created_at timestamp(0), updated_at timestamp(0), deleted_at timestamp(0));
CREATE UNIQUE INDEX users_email_unique ON users (email) WHERE deleted_at IS NULL;
CREATE TABLE teams (id bigserial PRIMARY KEY, name varchar(255) NOT NULL, created_at timestamp(0), updated_at timestamp(0));
CREATE TABLE team_user (team_id bigint NOT NULL REFERENCES teams (id) ON DELETE CASCADE, user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE, role varchar(255) NOT NULL DEFAULT 'editor', PRIMARY KEY (team_id, user_id));
CREATE TABLE lists (id bigserial PRIMARY KEY, team_id bigint NOT NULL, title varchar(255) NOT NULL, status varchar(255) CHECK (status IN ('draft', 'live', 'archived')) NOT NULL DEFAULT 'draft', created_at timestamp(0), updated_at timestamp(0));
ALTER TABLE lists ADD CONSTRAINT lists_team_id_foreign FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE CASCADE;
CREATE TABLE subscribers (id bigserial PRIMARY KEY, list_id bigint NOT NULL, email varchar(255) NOT NULL, data jsonb DEFAULT '{}'::jsonb, created_at timestamp(0), updated_at timestamp(0));
ALTER TABLE subscribers ADD CONSTRAINT subscribers_list_id_foreign FOREIGN KEY (list_id) REFERENCES lists (id) ON DELETE CASCADE;
ALTER TABLE subscribers ADD CONSTRAINT subscribers_list_id_email_unique UNIQUE (list_id, email);
REVOKE USAGE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO app_writer;
