-- old
CREATE TABLE tenant (id int PRIMARY KEY, name text UNIQUE);
CREATE TABLE project (id serial PRIMARY KEY, tenant_id int NOT NULL REFERENCES tenant(id), title text);
CREATE TABLE task (id serial PRIMARY KEY, project_id int NOT NULL REFERENCES project(id), title text, done bool, tags text);
ALTER TABLE project ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON project USING (tenant_id = current_setting('app.tenant')::int);
CREATE VIEW open_tasks AS SELECT t.id, t.title, p.title AS project FROM task t JOIN project p ON p.id = t.project_id WHERE NOT t.done;
GRANT SELECT, INSERT, UPDATE, DELETE ON project, task TO app_writer;
GRANT USAGE ON SEQUENCE project_id_seq, task_id_seq TO app_writer;
-- new
CREATE FUNCTION current_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT current_setting('app.tenant')::uuid $$;
CREATE TABLE tenant (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text UNIQUE
);
CREATE TABLE project (
  tenant_id uuid NOT NULL DEFAULT current_tenant() REFERENCES tenant(id),
  id serial PRIMARY KEY,
  title text
);
CREATE TABLE task (
  tenant_id uuid NOT NULL DEFAULT current_tenant(),
  id serial PRIMARY KEY,
  project_id int NOT NULL REFERENCES project(id),
  title text,
  done bool,
  tags text
);
ALTER TABLE project ENABLE ROW LEVEL SECURITY;
ALTER TABLE task ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON project USING (tenant_id = current_tenant());
CREATE POLICY tenant_isolation ON task USING (tenant_id = current_tenant());
CREATE VIEW open_tasks AS SELECT t.id, t.title, p.title AS project FROM task t JOIN project p ON p.id = t.project_id WHERE NOT t.done;
GRANT SELECT, INSERT, UPDATE, DELETE ON project, task TO app_writer;
GRANT SELECT ON open_tasks TO app_writer WITH GRANT OPTION;
