-- old
CREATE TABLE ward (id smallint PRIMARY KEY, name varchar(30), beds smallint CHECK (beds BETWEEN 1 AND 50));
CREATE TABLE staff (id int PRIMARY KEY, name text, role varchar(12) CHECK (role IN ('doctor','nurse')), ward smallint REFERENCES ward);
CREATE TABLE patient (id int PRIMARY KEY, name text, born date, sex char(1), allergies text);
CREATE TABLE stay (patient int REFERENCES patient, ward smallint REFERENCES ward, bed smallint, admitted timestamp, discharged timestamp, PRIMARY KEY (patient, admitted));
CREATE TABLE prescription (id serial PRIMARY KEY, patient int REFERENCES patient, drug text, dose text, by_staff int REFERENCES staff);
CREATE VIEW occupancy AS SELECT w.name, count(s.*) AS used, w.beds FROM ward w LEFT JOIN stay s ON s.ward = w.id AND s.discharged IS NULL GROUP BY w.id;
CREATE FUNCTION age_years(p patient) RETURNS int LANGUAGE sql STABLE AS 'SELECT extract(year FROM age(p.born))::int';
CREATE VIEW minors AS SELECT p.id, p.name, age_years(p) FROM patient p WHERE age_years(p) < 18;
-- new
CREATE EXTENSION btree_gist;
CREATE TYPE staff_role AS ENUM ('doctor', 'nurse', 'porter', 'pharmacist');
CREATE TABLE ward (id smallint PRIMARY KEY, name varchar(60) NOT NULL, floor smallint);
CREATE TABLE bed (ward smallint REFERENCES ward, no smallint, kind text DEFAULT 'std', PRIMARY KEY (ward, no));
CREATE TABLE staff (id int GENERATED ALWAYS AS IDENTITY (START 500) PRIMARY KEY, name text NOT NULL, role staff_role NOT NULL, home_ward smallint REFERENCES ward ON DELETE SET NULL);
CREATE TABLE shift (staff int REFERENCES staff, during tstzrange, ward smallint REFERENCES ward, EXCLUDE USING gist (staff WITH =, during WITH &&));
CREATE TABLE patient (id bigint PRIMARY KEY, name text NOT NULL, born date NOT NULL, sex char(1), allergies text[] DEFAULT '{}', CONSTRAINT sane_birth CHECK (born > '1890-01-01'));
CREATE INDEX patient_allergies ON patient USING gin (allergies);
CREATE TABLE stay (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, patient bigint NOT NULL REFERENCES patient, ward smallint, bed smallint, during tstzrange NOT NULL, FOREIGN KEY (ward, bed) REFERENCES bed ON UPDATE CASCADE, CONSTRAINT one_bed EXCLUDE USING gist (ward WITH =, bed WITH =, during WITH &&), CONSTRAINT one_place EXCLUDE USING gist (patient WITH =, during WITH &&));
CREATE TABLE drug (atc char(7) PRIMARY KEY, name text UNIQUE NOT NULL);
CREATE TABLE prescription (id serial PRIMARY KEY, patient bigint NOT NULL REFERENCES patient ON DELETE CASCADE, atc char(7) NOT NULL REFERENCES drug, dose numeric NOT NULL, unit text DEFAULT 'mg', by_staff int NOT NULL REFERENCES staff, valid daterange DEFAULT daterange(CURRENT_DATE, CURRENT_DATE + 30));
CREATE FUNCTION only_doctors() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT role FROM staff WHERE id = NEW.by_staff) <> 'doctor' THEN RAISE 'not a doctor'; END IF;
  RETURN NEW;
END $$;
CREATE CONSTRAINT TRIGGER only_doctors AFTER INSERT OR UPDATE OF by_staff ON prescription FROM staff INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION only_doctors();
CREATE VIEW occupancy AS SELECT w.name, count(s.id) AS used, (SELECT count(*) FROM bed b WHERE b.ward = w.id) AS beds FROM ward w LEFT JOIN stay s ON s.ward = w.id AND s.during @> now() GROUP BY w.id;
CREATE FUNCTION age_years(p patient, at date DEFAULT CURRENT_DATE) RETURNS int LANGUAGE sql STABLE AS 'SELECT extract(year FROM age(at, p.born))::int';
CREATE VIEW minors AS SELECT p.id, p.name, age_years(p) FROM patient p WHERE age_years(p) < 16;
