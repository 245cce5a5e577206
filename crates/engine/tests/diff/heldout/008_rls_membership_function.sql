-- old
CREATE SCHEMA app;
CREATE TABLE app.members (
    user_id uuid NOT NULL,
    org_id uuid NOT NULL,
    role text NOT NULL DEFAULT 'viewer',
    PRIMARY KEY (user_id, org_id)
);
CREATE TABLE app.documents (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    org_id uuid NOT NULL,
    body text
);
CREATE FUNCTION app.uid() RETURNS uuid LANGUAGE sql STABLE
    AS $$ SELECT nullif(current_setting('app.uid', true), '')::uuid $$;
CREATE FUNCTION app.is_member(org uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    AS $$ SELECT EXISTS (SELECT FROM app.members WHERE org_id = org AND user_id = app.uid()) $$;
ALTER TABLE app.documents ENABLE ROW LEVEL SECURITY;
CREATE POLICY docs_all ON app.documents USING (app.is_member(org_id));
GRANT SELECT, UPDATE, DELETE ON app.documents TO app_writer;
-- new
CREATE SCHEMA app;
CREATE TABLE app.members (
    user_id uuid NOT NULL,
    org_id uuid NOT NULL,
    role text NOT NULL DEFAULT 'viewer',
    PRIMARY KEY (user_id, org_id)
);
CREATE TABLE app.documents (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    org_id uuid NOT NULL,
    body text
);
CREATE FUNCTION app.uid() RETURNS uuid LANGUAGE sql STABLE
    AS $$ SELECT nullif(current_setting('app.uid', true), '')::uuid $$;
CREATE FUNCTION app.is_member(org uuid, VARIADIC roles text[]) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    AS $$ SELECT EXISTS (SELECT FROM app.members WHERE org_id = org AND user_id = app.uid() AND role = ANY (roles)) $$;
ALTER TABLE app.documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.documents FORCE ROW LEVEL SECURITY;
CREATE POLICY docs_read ON app.documents FOR SELECT USING (app.is_member(org_id, 'viewer', 'editor', 'admin'));
CREATE POLICY docs_write ON app.documents FOR UPDATE TO app_writer
    USING (app.is_member(org_id, 'editor', 'admin')) WITH CHECK (app.is_member(org_id, 'editor', 'admin'));
CREATE POLICY docs_locked ON app.documents AS RESTRICTIVE FOR DELETE USING (app.is_member(org_id, 'admin'));
GRANT SELECT, UPDATE, DELETE ON app.documents TO app_writer;
