-- old
CREATE TABLE schema_migrations (version varchar PRIMARY KEY);
CREATE TABLE accounts (id bigserial PRIMARY KEY, name varchar NOT NULL, subdomain varchar, created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL);
CREATE UNIQUE INDEX index_accounts_on_subdomain ON accounts (subdomain);
CREATE TABLE projects (id bigserial PRIMARY KEY, account_id bigint NOT NULL, name varchar, status integer DEFAULT 0 NOT NULL, settings text, created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL);
CREATE INDEX index_projects_on_account_id ON projects (account_id);
CREATE TABLE issues (id bigserial PRIMARY KEY, project_id bigint NOT NULL, reporter_id integer, assignee_id integer, title varchar, description text, priority varchar DEFAULT 'normal', position integer, created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL);
CREATE INDEX index_issues_on_project_id ON issues (project_id);
CREATE INDEX index_issues_on_project_id_and_position ON issues (project_id, position);
CREATE TABLE people (id serial PRIMARY KEY, email varchar DEFAULT '' NOT NULL, name varchar);
CREATE UNIQUE INDEX index_people_on_email ON people (email);
CREATE TABLE comments (id bigserial PRIMARY KEY, commentable_type varchar, commentable_id bigint, person_id integer, body text, created_at timestamp(6) NOT NULL);
CREATE INDEX index_comments_on_commentable ON comments (commentable_type, commentable_id);
CREATE TABLE issues_labels (issue_id bigint NOT NULL, label_id bigint NOT NULL);
CREATE TABLE labels (id bigserial PRIMARY KEY, name varchar, color varchar(7));
ALTER TABLE projects ADD CONSTRAINT fk_rails_b4884d7210 FOREIGN KEY (account_id) REFERENCES accounts (id);
ALTER TABLE issues ADD CONSTRAINT fk_rails_899c8f3231 FOREIGN KEY (project_id) REFERENCES projects (id);
ALTER TABLE issues ADD CONSTRAINT fk_rails_9f52f4f7a7 FOREIGN KEY (assignee_id) REFERENCES people (id);
-- new
CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE TYPE issue_priority AS ENUM ('low', 'normal', 'high', 'urgent');
CREATE FUNCTION logidze_version(v bigint, data jsonb) RETURNS jsonb LANGUAGE plpgsql AS $_$
DECLARE
  buffer jsonb;
BEGIN
  buffer := jsonb_build_object('ts', (extract(epoch from now()) * 1000)::bigint, 'v', v, 'c', data);
  RETURN buffer;
END;
$_$;
CREATE FUNCTION logidze_logger() RETURNS trigger LANGUAGE plpgsql AS $_$
BEGIN
  NEW.log_data := logidze_version(1, to_jsonb(NEW.*));
  RETURN NEW;
END;
$_$;
CREATE TABLE schema_migrations (version varchar PRIMARY KEY);
CREATE TABLE accounts (id uuid DEFAULT uuid_generate_v4() PRIMARY KEY, name varchar NOT NULL, subdomain varchar NOT NULL, plan varchar DEFAULT 'trial' NOT NULL, trial_ends_on date, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, CONSTRAINT chk_rails_sub CHECK (subdomain ~ '^[a-z0-9-]{3,}$'));
CREATE UNIQUE INDEX index_accounts_on_lower_subdomain ON accounts (lower(subdomain));
CREATE TABLE projects (id bigserial PRIMARY KEY, account_id uuid NOT NULL, key varchar(8) NOT NULL, name varchar NOT NULL, status varchar DEFAULT 'active' NOT NULL, settings jsonb DEFAULT '{}' NOT NULL, issues_count integer DEFAULT 0 NOT NULL, archived_at timestamptz, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE UNIQUE INDEX index_projects_on_account_id_and_key ON projects (account_id, key);
CREATE TABLE members (id bigserial PRIMARY KEY, account_id uuid NOT NULL, email varchar DEFAULT '' NOT NULL, name varchar, roles varchar[] DEFAULT '{viewer}' NOT NULL, preferences jsonb);
CREATE UNIQUE INDEX index_members_on_account_id_and_email ON members (account_id, lower(email));
CREATE TABLE issues (id bigserial PRIMARY KEY, project_id bigint NOT NULL, number integer NOT NULL, reporter_id bigint, assignee_id bigint, parent_id bigint, title varchar NOT NULL, description text, priority issue_priority DEFAULT 'normal' NOT NULL, position numeric(20,10), search tsvector GENERATED ALWAYS AS (setweight(to_tsvector('english', title), 'A') || to_tsvector('english', COALESCE(description, ''))) STORED, log_data jsonb, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE UNIQUE INDEX index_issues_on_project_id_and_number ON issues (project_id, number);
CREATE INDEX index_issues_on_project_id_and_position ON issues (project_id, position) INCLUDE (title);
CREATE INDEX index_issues_on_search ON issues USING gin (search);
CREATE INDEX index_issues_on_title_trgm ON issues USING gin (title gin_trgm_ops);
CREATE INDEX index_issues_on_urgent ON issues (assignee_id) WHERE priority >= 'high';
CREATE TRIGGER logidze_on_issues BEFORE INSERT OR UPDATE ON issues FOR EACH ROW WHEN (coalesce(current_setting('logidze.disabled', true), '') <> 'on') EXECUTE FUNCTION logidze_logger();
CREATE TABLE comments (id bigserial PRIMARY KEY, issue_id bigint NOT NULL, member_id bigint, body text NOT NULL, edited boolean DEFAULT false NOT NULL, created_at timestamptz NOT NULL);
CREATE INDEX index_comments_on_issue_id ON comments (issue_id, created_at);
CREATE TABLE labels (id bigserial PRIMARY KEY, project_id bigint NOT NULL, name varchar NOT NULL, color varchar(7) DEFAULT '#cccccc');
CREATE TABLE labelings (issue_id bigint NOT NULL, label_id bigint NOT NULL, CONSTRAINT labelings_pkey PRIMARY KEY (issue_id, label_id));
ALTER TABLE projects ADD CONSTRAINT fk_rails_b4884d7210 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE;
ALTER TABLE members ADD CONSTRAINT fk_rails_8a1f3a0000 FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE;
ALTER TABLE issues ADD CONSTRAINT fk_rails_899c8f3231 FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE;
ALTER TABLE issues ADD CONSTRAINT fk_rails_9f52f4f7a7 FOREIGN KEY (assignee_id) REFERENCES members (id) ON DELETE SET NULL;
ALTER TABLE issues ADD CONSTRAINT fk_rails_parent FOREIGN KEY (parent_id) REFERENCES issues (id) NOT VALID;
ALTER TABLE comments ADD CONSTRAINT fk_rails_ci FOREIGN KEY (issue_id) REFERENCES issues (id);
ALTER TABLE labelings ADD CONSTRAINT fk_rails_li FOREIGN KEY (issue_id) REFERENCES issues (id), ADD CONSTRAINT fk_rails_ll FOREIGN KEY (label_id) REFERENCES labels (id);
