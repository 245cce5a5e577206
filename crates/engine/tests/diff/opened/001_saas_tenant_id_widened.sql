-- old
CREATE SCHEMA core;
CREATE TABLE core.tenants (
    id integer PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    plan text NOT NULL DEFAULT 'free'
);
CREATE TABLE core.projects (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id integer NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    name text NOT NULL,
    archived_at timestamptz,
    UNIQUE (tenant_id, name)
);
CREATE INDEX projects_live ON core.projects (tenant_id) WHERE archived_at IS NULL;
ALTER TABLE core.projects ENABLE ROW LEVEL SECURITY;
CREATE POLICY by_tenant ON core.projects
    USING (tenant_id = current_setting('app.tenant')::integer);
CREATE VIEW core.project_counts AS
    SELECT t.id, t.slug, count(p.id) AS projects
    FROM core.tenants t LEFT JOIN core.projects p ON p.tenant_id = t.id
    GROUP BY t.id;
GRANT SELECT ON core.project_counts TO app_reader;
COMMENT ON VIEW core.project_counts IS 'Projects for each tenant';
-- new
CREATE SCHEMA core;
CREATE TABLE core.tenants (
    id bigint PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    plan text NOT NULL DEFAULT 'free'
);
CREATE TABLE core.projects (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES core.tenants (id) ON DELETE CASCADE,
    name text NOT NULL,
    archived_at timestamptz,
    UNIQUE (tenant_id, name)
);
CREATE INDEX projects_live ON core.projects (tenant_id) WHERE archived_at IS NULL;
ALTER TABLE core.projects ENABLE ROW LEVEL SECURITY;
CREATE POLICY by_tenant ON core.projects
    USING (tenant_id = current_setting('app.tenant')::bigint);
CREATE VIEW core.project_counts AS
    SELECT t.id, t.slug, count(p.id) AS projects
    FROM core.tenants t LEFT JOIN core.projects p ON p.tenant_id = t.id
    GROUP BY t.id;
GRANT SELECT ON core.project_counts TO app_reader;
COMMENT ON VIEW core.project_counts IS 'Projects for each tenant';
