-- old
CREATE SCHEMA hr;
CREATE TABLE hr.dept (dept_no smallint PRIMARY KEY, name varchar(40) NOT NULL);
CREATE TABLE hr.employee (emp_no integer PRIMARY KEY, name varchar(60) NOT NULL, dept_no smallint REFERENCES hr.dept, salary numeric(9,2), boss integer REFERENCES hr.employee);
CREATE VIEW hr.staff AS SELECT emp_no, name, dept_no FROM hr.employee;
CREATE VIEW hr.sales_staff AS SELECT * FROM hr.staff WHERE dept_no = 30 WITH LOCAL CHECK OPTION;
CREATE RECURSIVE VIEW hr.chain (emp_no, lvl) AS
  SELECT emp_no, 1 FROM hr.employee WHERE boss IS NULL
  UNION ALL SELECT e.emp_no, c.lvl + 1 FROM hr.employee e JOIN chain c ON e.boss = c.emp_no;
CREATE RULE staff_upd AS ON UPDATE TO hr.staff DO INSTEAD UPDATE hr.employee SET name = new.name WHERE emp_no = old.emp_no;
GRANT USAGE ON SCHEMA hr TO app_reader, app_writer;
GRANT SELECT ON hr.staff TO app_reader;
GRANT UPDATE (name) ON hr.staff TO app_writer;
-- new
CREATE SCHEMA hr;
CREATE TABLE hr.dept (dept_no smallint PRIMARY KEY, name varchar(40) NOT NULL);
CREATE TABLE hr.employee (emp_no integer PRIMARY KEY, first_name varchar(40) NOT NULL, last_name varchar(40) NOT NULL, dept_no smallint REFERENCES hr.dept ON UPDATE CASCADE, salary numeric(9,2), boss integer REFERENCES hr.employee ON DELETE SET NULL, left_on date);
CREATE VIEW hr.staff WITH (security_barrier = true) AS SELECT emp_no, first_name || ' ' || last_name AS name, dept_no, left_on FROM hr.employee;
CREATE VIEW hr.sales_staff WITH (check_option = cascaded) AS SELECT emp_no, first_name, last_name, dept_no FROM hr.employee WHERE dept_no = 30 AND left_on IS NULL;
CREATE RECURSIVE VIEW hr.chain (emp_no, lvl) AS
  SELECT emp_no, 1 FROM hr.employee WHERE boss IS NULL
  UNION ALL SELECT e.emp_no, c.lvl + 1 FROM hr.employee e JOIN chain c ON e.boss = c.emp_no;
CREATE FUNCTION hr.staff_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE hr.employee SET first_name = split_part(NEW.name, ' ', 1), last_name = split_part(NEW.name, ' ', 2) WHERE emp_no = OLD.emp_no;
  RETURN NEW;
END $$;
CREATE TRIGGER staff_upd INSTEAD OF UPDATE ON hr.staff FOR EACH ROW EXECUTE FUNCTION hr.staff_update();
GRANT USAGE ON SCHEMA hr TO app_reader, app_writer;
GRANT SELECT ON hr.staff TO app_reader;
GRANT UPDATE ON hr.staff TO app_writer;
GRANT SELECT, INSERT ON hr.sales_staff TO app_writer;
