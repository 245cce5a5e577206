-- old
CREATE TABLE org (id int PRIMARY KEY, owner name);
CREATE TABLE team (id int PRIMARY KEY, org int REFERENCES org, lead name);
CREATE TABLE doc (id int PRIMARY KEY, team int REFERENCES team, body text, public bool);
CREATE FUNCTION sees_team(int) RETURNS bool LANGUAGE sql STABLE SECURITY DEFINER AS $$ SELECT EXISTS (SELECT FROM team t WHERE t.id = $1 AND t.lead = session_user) $$;
ALTER TABLE org ENABLE ROW LEVEL SECURITY;
ALTER TABLE team ENABLE ROW LEVEL SECURITY;
ALTER TABLE team FORCE ROW LEVEL SECURITY;
ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
CREATE POLICY o ON org USING (owner = CURRENT_USER OR id IN (SELECT org FROM team));
CREATE POLICY t ON team USING (lead = CURRENT_USER OR EXISTS (SELECT 1 FROM org o WHERE o.id = team.org));
CREATE POLICY d ON doc FOR SELECT USING (public OR sees_team(team));
CREATE POLICY d_w ON doc FOR INSERT TO app_writer WITH CHECK (sees_team(team));
CREATE VIEW visible AS SELECT d.id, d.body, t.lead FROM doc d JOIN team t ON t.id = d.team;
-- new
CREATE TYPE access AS ENUM ('none', 'read', 'write');
CREATE TABLE org (id int PRIMARY KEY, owner name, members name[] NOT NULL DEFAULT '{}');
CREATE TABLE team (id bigint PRIMARY KEY, org int REFERENCES org ON DELETE CASCADE, lead name);
CREATE TABLE doc (id int PRIMARY KEY, team bigint REFERENCES team, body text, open_to access DEFAULT 'none' NOT NULL);
CREATE FUNCTION sees_team(bigint, need access DEFAULT 'read') RETURNS bool LANGUAGE sql STABLE SECURITY DEFINER SET row_security = off AS $$ SELECT EXISTS (SELECT FROM team t WHERE t.id = $1 AND t.lead = session_user) $$;
ALTER TABLE org ENABLE ROW LEVEL SECURITY;
ALTER TABLE org FORCE ROW LEVEL SECURITY;
ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
CREATE POLICY o ON org TO app_owner USING (CURRENT_USER = ANY (members)) WITH CHECK (owner = CURRENT_USER);
CREATE POLICY t ON team USING (sees_team(id));
CREATE POLICY d ON doc FOR ALL USING (open_to >= 'read' OR sees_team(team));
CREATE POLICY d_w ON doc AS RESTRICTIVE FOR INSERT TO app_writer, app_owner WITH CHECK (sees_team(team, 'write'));
CREATE POLICY d_x ON doc FOR DELETE TO app_owner USING ((SELECT o.owner FROM org o JOIN team t ON t.org = o.id WHERE t.id = doc.team) = CURRENT_USER);
CREATE VIEW visible WITH (security_invoker = true) AS SELECT d.id, d.body, t.lead, d.open_to FROM doc d JOIN team t ON t.id = d.team;
