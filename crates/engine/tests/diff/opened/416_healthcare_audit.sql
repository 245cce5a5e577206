-- old
CREATE SCHEMA clinic; CREATE SCHEMA audit;
CREATE TABLE clinic.patient (mrn text PRIMARY KEY, given text, family text, dob date NOT NULL, sex char(1));
CREATE TABLE clinic.visit (id bigserial PRIMARY KEY, mrn text REFERENCES clinic.patient, at timestamptz NOT NULL, notes text);
CREATE TABLE audit.log (id bigserial PRIMARY KEY, tab text, op text, who text DEFAULT current_user, at timestamptz DEFAULT clock_timestamp(), old_row json);
CREATE FUNCTION audit.track() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO audit.log (tab, op, old_row) VALUES (TG_TABLE_NAME, TG_OP, row_to_json(OLD));
  RETURN NULL;
END $$;
CREATE TRIGGER track AFTER UPDATE OR DELETE ON clinic.patient FOR EACH ROW EXECUTE FUNCTION audit.track();
CREATE TRIGGER track AFTER UPDATE OR DELETE ON clinic.visit FOR EACH ROW EXECUTE FUNCTION audit.track();
GRANT USAGE ON SCHEMA clinic TO app_reader, app_writer;
GRANT SELECT ON ALL TABLES IN SCHEMA clinic TO app_reader;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA clinic TO app_writer;
-- new
CREATE SCHEMA clinic AUTHORIZATION app_owner;
CREATE SCHEMA audit;
CREATE DOMAIN clinic.sex AS text CHECK (VALUE IN ('male','female','other','unknown'));
CREATE TABLE clinic.patient (mrn text PRIMARY KEY, given text, family text, dob date NOT NULL, sex char(1));
CREATE TABLE clinic.visit (id bigserial PRIMARY KEY, mrn text REFERENCES clinic.patient, at timestamptz NOT NULL, notes text);
CREATE TABLE audit.log (
  id bigint GENERATED ALWAYS AS IDENTITY,
  tab text,
  op text,
  who text DEFAULT current_user,
  at timestamptz DEFAULT clock_timestamp(),
  old_row json
) PARTITION BY RANGE (at);
CREATE TABLE audit.log_default PARTITION OF audit.log DEFAULT;
CREATE TABLE audit.log_2025 PARTITION OF audit.log FOR VALUES FROM ('2025-01-01 00:00+00') TO ('2026-01-01 00:00+00');
CREATE FUNCTION audit.track() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, audit AS $$
BEGIN
  INSERT INTO audit.log (tab, op, old_row, new_row) VALUES (TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME, TG_OP, to_jsonb(OLD), CASE TG_OP WHEN 'DELETE' THEN NULL ELSE to_jsonb(NEW) END);
  RETURN NULL;
END $$;
CREATE TRIGGER track AFTER INSERT OR UPDATE OR DELETE ON clinic.patient FOR EACH ROW EXECUTE FUNCTION audit.track();
CREATE TRIGGER track AFTER UPDATE OR DELETE ON clinic.visit FOR EACH ROW EXECUTE FUNCTION audit.track();
GRANT USAGE ON SCHEMA clinic TO app_reader, app_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA clinic GRANT SELECT ON TABLES TO app_reader;
