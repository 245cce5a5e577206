-- old
CREATE EXTENSION ltree;
CREATE TABLE teams (id int PRIMARY KEY, path
    text NOT NULL);
CREATE INDEX teams_path ON teams (path text_pattern_ops);
CREATE TABLE tasks (id int PRIMARY KEY, team_id int NOT NULL REFERENCES teams, title text);
CREATE FUNCTION my_teams() RETURNS SETOF int LANGUAGE sql STABLE SECURITY DEFINER AS $$ SELECT id FROM teams WHERE path LIKE current_setting('app.team') || '%' $$;
ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
CREATE POLICY team_tree ON tasks USING (team_id IN (SELECT my_teams()));
CREATE POLICY top_only ON tasks AS RESTRICTIVE FOR DELETE USING (team_id IN (SELECT id FROM teams WHERE
    path NOT LIKE '%.%'));
-- new
CREATE EXTENSION ltree;
CREATE TABLE teams (id int PRIMARY KEY, path
    ltree NOT NULL);
CREATE INDEX teams_path ON teams USING gist (path gist_ltree_ops (siglen = 16));
CREATE TABLE tasks (id int PRIMARY KEY, team_id int NOT NULL REFERENCES teams, title text);
CREATE FUNCTION my_teams() RETURNS SETOF int LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$ SELECT id FROM teams WHERE path <@ current_setting('app.team')::ltree $$;
ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
CREATE POLICY team_tree ON tasks USING (team_id IN (SELECT my_teams()));
CREATE POLICY top_only ON tasks AS RESTRICTIVE FOR DELETE USING (team_id IN (SELECT id FROM teams WHERE
    nlevel(path) = 1));
