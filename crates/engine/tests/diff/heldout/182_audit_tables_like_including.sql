-- old
CREATE TABLE staff (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    salary int
         CHECK (salary > 0),
    left_on date
);
CREATE INDEX staff_here ON staff (name) WHERE left_on IS NULL;
COMMENT ON COLUMN staff.salary IS 'Yearly';
CREATE TABLE staff_audit (LIKE staff
    INCLUDING COMMENTS
, audited timestamptz NOT NULL DEFAULT now());
ALTER TABLE staff_audit ADD PRIMARY KEY (id, audited);
CREATE FUNCTION staff_audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO staff_audit SELECT OLD.*, now(); RETURN NULL; END $$;
CREATE TRIGGER audit AFTER UPDATE OR DELETE ON staff FOR EACH ROW EXECUTE FUNCTION staff_audit();
CREATE VIEW payroll AS SELECT id, name, salary / 12 AS monthly FROM staff WHERE left_on IS NULL;
REVOKE ALL ON payroll FROM PUBLIC;
GRANT SELECT (id, monthly) ON payroll TO app_reader;
-- new
CREATE TABLE staff (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    salary numeric(10,2)
         CHECK (salary > 0),
    left_on date
);
CREATE INDEX staff_here ON staff (name) WHERE left_on IS NULL;
COMMENT ON COLUMN staff.salary IS 'Yearly';
CREATE TABLE staff_audit (LIKE staff
    INCLUDING COMMENTS INCLUDING CONSTRAINTS INCLUDING INDEXES
, audited timestamptz NOT NULL DEFAULT now());
ALTER TABLE staff_audit ADD UNIQUE (id, audited);
CREATE FUNCTION staff_audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO staff_audit SELECT OLD.*, now(); RETURN NULL; END $$;
CREATE TRIGGER audit AFTER UPDATE OR DELETE ON staff FOR EACH ROW EXECUTE FUNCTION staff_audit();
CREATE VIEW payroll AS SELECT id, name, salary / 12 AS monthly FROM staff WHERE left_on IS NULL;
REVOKE ALL ON payroll FROM PUBLIC;
GRANT SELECT (id, monthly) ON payroll TO app_reader;
