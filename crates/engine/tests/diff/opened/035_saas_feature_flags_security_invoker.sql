-- old
CREATE SCHEMA app;
CREATE TABLE app.flags (
    tenant uuid NOT NULL,
    name text NOT NULL,
    on_ boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant, name)
);
ALTER TABLE app.flags ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON app.flags TO app_reader USING (tenant::text = current_setting('app.tenant'));
CREATE VIEW app.my_flags WITH (security_barrier) AS SELECT name, on_ FROM app.flags;
CREATE VIEW app.my_open_flags AS SELECT name FROM app.my_flags WHERE on_
;
GRANT USAGE ON SCHEMA app TO app_reader;
GRANT SELECT ON app.my_flags, app.my_open_flags TO app_reader;
-- new
CREATE SCHEMA app;
CREATE TABLE app.flags (
    tenant uuid NOT NULL,
    name text NOT NULL,
    on_ boolean NOT NULL DEFAULT false,
    rollout smallint NOT NULL DEFAULT 100 CHECK (rollout BETWEEN 0 AND 100),
    PRIMARY KEY (tenant, name)
);
ALTER TABLE app.flags ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON app.flags TO app_reader, app_writer USING (tenant = current_setting('app.tenant')::uuid);
CREATE VIEW app.my_flags WITH (security_invoker = true) AS SELECT name, on_, rollout FROM app.flags;
CREATE VIEW app.my_open_flags AS SELECT name FROM app.my_flags WHERE on_
    WITH LOCAL CHECK OPTION;
GRANT USAGE ON SCHEMA app TO app_reader;
GRANT SELECT ON app.my_flags, app.my_open_flags TO app_reader;
