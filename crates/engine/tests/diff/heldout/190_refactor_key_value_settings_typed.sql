-- old
CREATE TABLE settings (tenant int, key text, value text, PRIMARY KEY (tenant, key));
CREATE FUNCTION setting(t int, k text, dflt text DEFAULT NULL) RETURNS text LANGUAGE sql STABLE AS $$ SELECT coalesce((SELECT value FROM settings WHERE tenant = t AND key = k), dflt) $$;
CREATE INDEX settings_key ON settings (key);
CREATE TABLE users (
    id int PRIMARY KEY,
    tenant int NOT NULL,
    page_size int NOT NULL DEFAULT setting(0, 'page_size', '25')::int
);
CREATE VIEW dark AS SELECT u.id FROM users u WHERE setting(u.tenant, 'theme') = 'dark';
-- new
CREATE TYPE theme AS ENUM ('light', 'dark');
CREATE TABLE settings (
    tenant int PRIMARY KEY,
    theme theme NOT NULL DEFAULT 'light',
    page_size smallint NOT NULL DEFAULT 25 CHECK (page_size BETWEEN 5 AND 100),
    flags jsonb NOT NULL DEFAULT '{}'
);
CREATE FUNCTION setting(t int) RETURNS settings LANGUAGE sql STABLE AS $$ SELECT * FROM settings WHERE tenant = t $$;
CREATE TABLE users (
    id int PRIMARY KEY,
    tenant int NOT NULL,
    page_size int NOT NULL DEFAULT (setting(0)).page_size
);
CREATE VIEW dark AS SELECT u.id FROM users u JOIN settings s USING (tenant) WHERE s.theme = 'dark';
ALTER TABLE users ADD FOREIGN KEY (tenant) REFERENCES settings NOT VALID;
