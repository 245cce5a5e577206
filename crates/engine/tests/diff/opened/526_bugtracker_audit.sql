-- old
CREATE SCHEMA audit;
CREATE TABLE audit.log (id bigserial PRIMARY KEY, tbl text NOT NULL, op char(1) NOT NULL, row_data jsonb, at timestamp DEFAULT now());
CREATE FUNCTION audit.if_modified() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit.log (tbl, op, row_data) VALUES (TG_TABLE_NAME, left(TG_OP, 1), to_jsonb(OLD));
  RETURN NULL;
END $$;
CREATE TABLE project (id serial PRIMARY KEY, key varchar(8) NOT NULL UNIQUE, name text);
CREATE TABLE issue (id serial PRIMARY KEY, project_id int NOT NULL REFERENCES project, no int NOT NULL, title text NOT NULL, status text DEFAULT 'open', UNIQUE (project_id, no));
CREATE TABLE comment (id serial PRIMARY KEY, issue_id int NOT NULL REFERENCES issue, author text NOT NULL, body text);
CREATE TRIGGER aud AFTER UPDATE OR DELETE ON issue FOR EACH ROW EXECUTE FUNCTION audit.if_modified();
CREATE TRIGGER aud AFTER UPDATE OR DELETE ON comment FOR EACH ROW EXECUTE FUNCTION audit.if_modified();
-- new
CREATE SCHEMA audit;
CREATE TABLE audit.log (id bigint GENERATED ALWAYS AS IDENTITY, tbl regclass NOT NULL, op char(1) NOT NULL, old_row jsonb, new_row jsonb, by_user text DEFAULT current_user, at timestamptz NOT NULL DEFAULT now()) PARTITION BY RANGE (at);
CREATE TABLE audit.log_default PARTITION OF audit.log DEFAULT;
CREATE FUNCTION audit.if_modified() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO audit.log (tbl, op, old_row, new_row) VALUES (TG_RELID::regclass, left(TG_OP, 1), to_jsonb(OLD), to_jsonb(NEW));
  RETURN NULL;
END $$;
CREATE FUNCTION audit.no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'truncate of % is not allowed', TG_TABLE_NAME; END $$;
CREATE TYPE issue_status AS ENUM ('open', 'doing', 'done', 'wontfix');
CREATE TABLE project (id serial PRIMARY KEY, key varchar(8) NOT NULL UNIQUE, name text);
CREATE TABLE issue (id serial PRIMARY KEY, project_id int NOT NULL REFERENCES project, no int NOT NULL, title text NOT NULL, status issue_status NOT NULL DEFAULT 'open', assignee text, CONSTRAINT issue_no_uq UNIQUE (project_id, no));
CREATE TABLE comment (id serial PRIMARY KEY, issue_id int NOT NULL REFERENCES issue, author text NOT NULL, body text);
CREATE TRIGGER aud AFTER INSERT OR UPDATE OR DELETE ON issue FOR EACH ROW EXECUTE FUNCTION audit.if_modified();
CREATE TRIGGER aud_trunc BEFORE TRUNCATE ON issue FOR EACH STATEMENT EXECUTE FUNCTION audit.no_truncate();
CREATE TRIGGER aud AFTER UPDATE OR DELETE ON comment FOR EACH ROW EXECUTE FUNCTION audit.if_modified();
