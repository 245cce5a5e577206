-- old
CREATE TABLE departments (
    id integer PRIMARY KEY,
    name text NOT NULL,
    head_id integer
);
CREATE TABLE employees (
    id integer PRIMARY KEY,
    name text NOT NULL,
    department_id integer NOT NULL,
    boss_id integer REFERENCES employees (id)
);
ALTER TABLE departments ADD CONSTRAINT dept_head FOREIGN KEY (head_id) REFERENCES employees (id);
ALTER TABLE employees ADD CONSTRAINT emp_dept FOREIGN KEY (department_id) REFERENCES departments (id);
-- new
CREATE TABLE departments (
    id integer PRIMARY KEY,
    name text NOT NULL,
    head_id integer
);
CREATE TABLE employees (
    id integer PRIMARY KEY,
    name text NOT NULL,
    department_id integer NOT NULL,
    boss_id integer REFERENCES employees (id) ON DELETE SET NULL,
    deputy_id integer REFERENCES employees (id) ON DELETE SET NULL
);
ALTER TABLE employees ADD CONSTRAINT employees_in_dept UNIQUE (department_id, id);
ALTER TABLE departments ADD CONSTRAINT dept_head FOREIGN KEY (id, head_id) REFERENCES employees (department_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE employees ADD CONSTRAINT emp_dept FOREIGN KEY (department_id) REFERENCES departments (id) DEFERRABLE;
ALTER TABLE employees ADD CONSTRAINT no_self_boss CHECK (boss_id <> id);
