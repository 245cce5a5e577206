-- old
CREATE SCHEMA ehr;
ALTER SCHEMA ehr OWNER TO app_owner;
CREATE TABLE ehr.patients (id bigint PRIMARY KEY, name text NOT NULL, clinic integer NOT NULL);
CREATE TABLE ehr.notes (
    id bigint PRIMARY KEY,
    patient_id bigint NOT NULL REFERENCES ehr.patients,
    author name NOT NULL DEFAULT CURRENT_USER,
    body text NOT NULL
);
ALTER TABLE ehr.notes DROP CONSTRAINT notes_patient_id_fkey;
ALTER TABLE ehr.notes ADD CONSTRAINT notes_patient FOREIGN KEY (patient_id) REFERENCES ehr.patients;
ALTER TABLE ehr.patients OWNER TO app_owner;
ALTER TABLE ehr.notes OWNER TO app_owner;
ALTER TABLE ehr.patients ENABLE ROW LEVEL SECURITY;
ALTER TABLE ehr.notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE ehr.notes FORCE ROW LEVEL SECURITY;
CREATE POLICY my_clinic ON ehr.patients FOR SELECT TO app_reader USING (clinic = current_setting('ehr.clinic')::integer);
CREATE POLICY own_notes ON ehr.notes TO app_writer USING (author = CURRENT_USER) WITH CHECK (author = CURRENT_USER);
CREATE POLICY read_notes ON ehr.notes FOR SELECT TO app_reader, app_writer
    USING (patient_id IN (SELECT id FROM ehr.patients));
GRANT SELECT ON ehr.patients TO app_reader;
GRANT SELECT, INSERT, UPDATE (body) ON ehr.notes TO app_writer;
-- new
CREATE SCHEMA ehr;
ALTER SCHEMA ehr OWNER TO app_owner;
CREATE TABLE ehr.patients (id bigint PRIMARY KEY, name text NOT NULL, clinic integer NOT NULL);
CREATE TABLE ehr.notes (
    id bigint PRIMARY KEY,
    patient_id bigint NOT NULL REFERENCES ehr.patients,
    author text NOT NULL DEFAULT SESSION_USER,
    sealed boolean NOT NULL DEFAULT false,
    body text NOT NULL
);
ALTER TABLE ehr.notes DROP CONSTRAINT notes_patient_id_fkey;
ALTER TABLE ehr.notes ADD CONSTRAINT notes_patient FOREIGN KEY (patient_id) REFERENCES ehr.patients;
ALTER TABLE ehr.patients OWNER TO app_owner;
ALTER TABLE ehr.notes OWNER TO app_owner;
ALTER TABLE ehr.patients ENABLE ROW LEVEL SECURITY;
ALTER TABLE ehr.notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE ehr.notes FORCE ROW LEVEL SECURITY;
CREATE POLICY my_clinic ON ehr.patients FOR SELECT TO app_reader USING (clinic = current_setting('ehr.clinic')::integer);
CREATE POLICY own_notes ON ehr.notes FOR UPDATE TO app_writer USING (author = SESSION_USER::text AND NOT sealed) WITH CHECK (author = SESSION_USER::text);
CREATE POLICY add_notes ON ehr.notes FOR INSERT TO app_writer WITH CHECK (NOT sealed);
CREATE POLICY read_notes ON ehr.notes FOR SELECT TO app_reader, app_writer
    USING (patient_id IN (SELECT id FROM ehr.patients));
COMMENT ON POLICY own_notes ON ehr.notes IS 'Sealed notes stay';
GRANT SELECT ON ehr.patients TO app_reader;
GRANT SELECT, INSERT, UPDATE (body) ON ehr.notes TO app_writer;
