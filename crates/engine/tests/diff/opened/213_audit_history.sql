-- old
CREATE EXTENSION hstore;
CREATE SCHEMA audit;
CREATE TABLE audit.log (id bigserial PRIMARY KEY, tab text NOT NULL, op char(1) NOT NULL CHECK (op IN ('I','U','D')), old_row hstore, new_row hstore, at timestamp DEFAULT now());
CREATE INDEX log_tab ON audit.log (tab, at);
CREATE FUNCTION audit.trail() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO audit.log (tab, op, new_row) VALUES (TG_RELID::regclass::text, 'I', hstore(NEW));
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO audit.log (tab, op, old_row, new_row) VALUES (TG_RELID::regclass::text, 'U', hstore(OLD), hstore(NEW));
  ELSE
    INSERT INTO audit.log (tab, op, old_row) VALUES (TG_RELID::regclass::text, 'D', hstore(OLD));
  END IF;
  RETURN NULL;
END $$;
CREATE TABLE employee (id serial PRIMARY KEY, name text NOT NULL, salary numeric(10,2), boss int REFERENCES employee);
CREATE TABLE department (id serial PRIMARY KEY, name text UNIQUE);
CREATE TRIGGER audit_employee AFTER INSERT OR UPDATE OR DELETE ON employee FOR EACH ROW EXECUTE FUNCTION audit.trail();
CREATE TRIGGER audit_department AFTER INSERT OR UPDATE OR DELETE ON department FOR EACH ROW EXECUTE FUNCTION audit.trail();
CREATE FUNCTION audit.last_change(t text) RETURNS timestamp LANGUAGE sql STABLE AS 'SELECT max(at) FROM audit.log WHERE tab = t';
CREATE VIEW audit.recent AS SELECT id, tab, op, new_row - old_row AS diff, at FROM audit.log WHERE at > now() - interval '1 day';
-- new
CREATE SCHEMA audit AUTHORIZATION app_owner;
CREATE TYPE audit.op AS ENUM ('insert', 'update', 'delete', 'truncate');
CREATE TABLE audit.log (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tab regclass NOT NULL, op audit.op NOT NULL, old_row jsonb, new_row jsonb, who name NOT NULL DEFAULT CURRENT_USER, at timestamptz NOT NULL DEFAULT clock_timestamp());
ALTER TABLE audit.log OWNER TO app_owner;
CREATE INDEX log_tab ON audit.log (tab, at DESC);
CREATE FUNCTION audit.trail() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'pg_catalog', 'pg_temp' SET timezone TO 'UTC' COST 50 AS $$
BEGIN
  INSERT INTO audit.log (tab, op, old_row, new_row)
  VALUES (TG_RELID, lower(TG_OP)::audit.op, CASE WHEN TG_OP IN ('UPDATE','DELETE') THEN to_jsonb(OLD) END, CASE WHEN TG_OP IN ('INSERT','UPDATE') THEN to_jsonb(NEW) END);
  RETURN NULL;
END $$;
ALTER FUNCTION audit.trail() OWNER TO app_owner;
CREATE TABLE employee (id serial PRIMARY KEY, name text NOT NULL, salary numeric(10,2), boss int REFERENCES employee, department_id int);
CREATE TABLE employee_history (LIKE employee, valid tstzrange NOT NULL, version bigserial);
CREATE TABLE department (id serial PRIMARY KEY, name text, manager int NOT NULL REFERENCES employee DEFERRABLE INITIALLY DEFERRED, CONSTRAINT department_name_key UNIQUE (name) DEFERRABLE);
ALTER TABLE employee ADD FOREIGN KEY (department_id) REFERENCES department;
CREATE FUNCTION employee_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO employee_history SELECT OLD.*, tstzrange(NULL, now());
  RETURN NEW;
END $$;
CREATE TRIGGER audit_employee AFTER INSERT OR DELETE OR UPDATE OF salary, boss ON employee FOR EACH ROW EXECUTE FUNCTION audit.trail();
CREATE TRIGGER audit_department AFTER INSERT OR UPDATE OR DELETE ON department FOR EACH ROW EXECUTE FUNCTION audit.trail();
CREATE TRIGGER versioning BEFORE UPDATE ON employee FOR EACH ROW EXECUTE FUNCTION employee_version();
ALTER TABLE department DISABLE TRIGGER audit_department;
ALTER TABLE employee ENABLE ALWAYS TRIGGER audit_employee;
CREATE FUNCTION audit.last_change(t regclass) RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT max(at) FROM audit.log WHERE tab = t';
CREATE VIEW audit.recent AS SELECT id, tab, op, who, at FROM audit.log WHERE at > now() - interval '1 day';
CREATE VIEW employee_at AS SELECT e.*, NULL::tstzrange AS valid FROM employee e UNION ALL SELECT h.id, h.name, h.salary, h.boss, h.department_id, h.valid FROM employee_history h;
GRANT SELECT ON audit.recent TO app_reader;
