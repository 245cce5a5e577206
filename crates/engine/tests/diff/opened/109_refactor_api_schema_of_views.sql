-- old
CREATE TABLE todos (id bigserial PRIMARY KEY, title text NOT NULL, done boolean NOT NULL DEFAULT false, owner text NOT NULL DEFAULT CURRENT_USER);
GRANT SELECT, INSERT, UPDATE, DELETE ON todos TO app_writer;
GRANT USAGE ON SEQUENCE todos_id_seq TO app_writer;
CREATE FUNCTION finish(todo bigint) RETURNS void LANGUAGE sql AS $$ UPDATE todos SET done = true WHERE id = todo $$;
-- new
CREATE SCHEMA api;
CREATE SCHEMA data;
CREATE TABLE data.todos (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text NOT NULL, done boolean NOT NULL DEFAULT false, owner text NOT NULL DEFAULT CURRENT_USER);
CREATE VIEW api.todos WITH (security_invoker = on) AS SELECT id, title, done FROM data.todos;
ALTER TABLE data.todos ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON data.todos TO app_writer USING (owner = CURRENT_USER);
GRANT USAGE ON SCHEMA api, data TO app_writer;
GRANT SELECT, INSERT (title), UPDATE (title, done), DELETE ON api.todos TO app_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON data.todos TO app_writer;
CREATE FUNCTION api.finish(todo bigint) RETURNS void BEGIN ATOMIC UPDATE api.todos SET done = true WHERE id = todo; END;
