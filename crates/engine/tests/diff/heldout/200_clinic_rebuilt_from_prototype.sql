-- old
CREATE TABLE "Patients" ("ID" serial PRIMARY KEY, "Name" text, "DOB" text, "Doctor" text);
CREATE TABLE "Visits" ("ID" serial PRIMARY KEY, "PatientID" int, "Date" text, "Notes" text, "Fee" money);
CREATE VIEW "Recent" AS SELECT p."Name", v."Date" FROM "Patients" p, "Visits" v WHERE v."PatientID" = p."ID";
CREATE INDEX "idxPatient" ON "Visits" ("PatientID");
GRANT ALL ON "Patients", "Visits", "Recent" TO PUBLIC;
-- new
CREATE SCHEMA clinic AUTHORIZATION app_owner;
CREATE EXTENSION btree_gist;
CREATE TABLE clinic.doctors (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE clinic.patients (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    born date NOT NULL CHECK (born > '1900-01-01'),
    doctor_id int REFERENCES clinic.doctors ON DELETE SET NULL
);
CREATE TABLE clinic.visits (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient_id int NOT NULL REFERENCES clinic.patients ON DELETE CASCADE,
    doctor_id int NOT NULL REFERENCES clinic.doctors,
    slot tstzrange NOT NULL,
    notes text,
    fee numeric(10,2) NOT NULL DEFAULT 0 CHECK (fee >= 0),
    EXCLUDE USING gist (doctor_id WITH =, slot WITH &&)
);
CREATE INDEX visits_patient ON clinic.visits (patient_id);
CREATE VIEW clinic.recent WITH (security_invoker = true) AS
    SELECT p.name, lower(v.slot) AS at FROM clinic.patients p JOIN clinic.visits v ON v.patient_id = p.id WHERE lower(v.slot) > now() - interval '30 days';
ALTER TABLE clinic.visits ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_doctor ON clinic.visits USING (doctor_id = current_setting('clinic.doctor')::int);
GRANT USAGE ON SCHEMA clinic TO app_reader, app_writer;
GRANT SELECT ON clinic.recent, clinic.patients, clinic.visits TO app_reader;
GRANT INSERT, UPDATE (notes, fee) ON clinic.visits TO app_writer;
ALTER TABLE clinic.patients OWNER TO app_owner;
ALTER TABLE clinic.visits OWNER TO app_owner;
COMMENT ON TABLE clinic.visits IS 'A doctor sees one patient at a time';
