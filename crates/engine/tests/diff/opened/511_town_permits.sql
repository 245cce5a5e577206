-- old
CREATE SCHEMA permits;
CREATE SCHEMA archive;
CREATE TABLE permits.applicant (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL, tax_no text);
CREATE TABLE permits.application (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    applicant_id uuid NOT NULL REFERENCES permits.applicant,
    kind text NOT NULL,
    filed date NOT NULL DEFAULT current_date,
    decided date,
    fee money DEFAULT 0
);
CREATE TABLE permits.old_application (LIKE permits.application INCLUDING DEFAULTS);
ALTER TABLE permits.old_application ADD PRIMARY KEY (id);
CREATE RULE application_no_delete AS ON DELETE TO permits.application DO INSTEAD NOTHING;
ALTER TABLE permits.applicant OWNER TO app_owner;
ALTER TABLE permits.application OWNER TO app_owner;
GRANT USAGE ON SCHEMA permits TO app_writer;
GRANT SELECT, INSERT, UPDATE ON permits.application TO app_writer;
-- new
CREATE SCHEMA permits;
CREATE SCHEMA archive AUTHORIZATION app_owner;
CREATE TYPE permits.application_kind AS ENUM ('building', 'event', 'signage', 'other');
CREATE TABLE permits.applicant (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL, tax_no text);
CREATE TABLE permits.application (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    applicant_id uuid NOT NULL REFERENCES permits.applicant,
    kind permits.application_kind NOT NULL DEFAULT 'other',
    filed date NOT NULL DEFAULT current_date,
    decided date,
    fee numeric(10,2) DEFAULT 0 NOT NULL,
    CONSTRAINT decided_after CHECK (decided >= filed)
);
CREATE TABLE archive.application (LIKE permits.application INCLUDING DEFAULTS);
ALTER TABLE archive.application ADD PRIMARY KEY (id);
CREATE RULE application_archive AS ON DELETE TO permits.application WHERE old.decided IS NOT NULL DO ALSO INSERT INTO archive.application VALUES (old.*);
ALTER TABLE permits.applicant OWNER TO app_owner;
ALTER TABLE permits.application OWNER TO app_owner;
ALTER TABLE archive.application OWNER TO app_owner;
GRANT USAGE ON SCHEMA permits TO app_writer;
GRANT USAGE ON SCHEMA archive TO app_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON permits.application TO app_writer;
GRANT SELECT ON archive.application TO app_reader;
