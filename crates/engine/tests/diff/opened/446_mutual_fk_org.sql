-- old
CREATE TABLE department (id int PRIMARY KEY, name text NOT NULL UNIQUE, head int);
CREATE TABLE employee (id int PRIMARY KEY, dept int NOT NULL REFERENCES department, name text, email text, salary int);
ALTER TABLE department ADD CONSTRAINT dept_head FOREIGN KEY (head) REFERENCES employee;
CREATE TABLE badge (no int PRIMARY KEY, emp int UNIQUE REFERENCES employee);
CREATE VIEW heads AS SELECT d.name AS dept, e.name AS head FROM department d JOIN employee e ON e.id = d.head;
CREATE FUNCTION raise_all(p int) RETURNS SETOF employee LANGUAGE sql AS $$ UPDATE employee SET salary = salary * (100 + p) / 100 RETURNING * $$;
CREATE FUNCTION check_head() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM 1 FROM employee WHERE id = NEW.head AND dept = NEW.id; IF NOT FOUND THEN RAISE EXCEPTION 'head not in dept'; END IF; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER check_head AFTER INSERT OR UPDATE ON department DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.head IS NOT NULL) EXECUTE FUNCTION check_head();
-- new
CREATE TABLE department (
  id int PRIMARY KEY,
  name text NOT NULL,
  parent bigint REFERENCES department,
  head int
);
CREATE TABLE employee (
  id int PRIMARY KEY,
  dept int NOT NULL REFERENCES department,
  name text,
  email text,
  salary numeric(10,2),
  UNIQUE (dept, id)
);
ALTER TABLE department ADD CONSTRAINT dept_head FOREIGN KEY (id, head) REFERENCES employee (dept, id) DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE badge (
  no int PRIMARY KEY,
  emp int UNIQUE REFERENCES employee,
  valid daterange NOT NULL DEFAULT '(,)'
);
CREATE VIEW heads AS SELECT d.name AS dept, e.name AS head FROM department d JOIN employee e ON e.id = d.head;
CREATE FUNCTION raise_all(pct numeric, only_dept bigint DEFAULT NULL) RETURNS SETOF employee LANGUAGE sql AS $$ UPDATE employee SET salary = salary * (100 + pct) / 100 WHERE only_dept IS NULL OR dept = only_dept RETURNING * $$;
