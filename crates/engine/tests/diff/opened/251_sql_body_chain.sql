-- old
CREATE TABLE emp (id int PRIMARY KEY, name text, dept int, pay numeric);
CREATE FUNCTION pay_of(i int) RETURNS numeric LANGUAGE sql STABLE RETURN (SELECT pay FROM emp WHERE id = i);
CREATE FUNCTION avg_pay(d int) RETURNS numeric LANGUAGE sql STABLE BEGIN ATOMIC SELECT avg(pay_of(emp.id)) FROM emp WHERE emp.dept = d; END;
CREATE VIEW above AS SELECT e.id, e.name FROM emp e WHERE e.pay > avg_pay(e.dept);
CREATE FUNCTION n_above() RETURNS bigint LANGUAGE sql STABLE BEGIN ATOMIC SELECT count(*) FROM above; END;
CREATE PROCEDURE grant_raise(pct numeric) LANGUAGE sql BEGIN ATOMIC
  UPDATE emp SET pay = emp.pay * (1 + pct) WHERE emp.id IN (SELECT above.id FROM above);
  INSERT INTO emp (id, name) VALUES (-1, 'raise');
END;
CREATE MATERIALIZED VIEW stats AS SELECT n_above() AS n, now() AS at;
CREATE FUNCTION is_rich(e emp) RETURNS bool LANGUAGE sql IMMUTABLE RETURN e.pay > 100;
CREATE INDEX rich ON emp (is_rich(emp));
-- new
CREATE TABLE dept (id int PRIMARY KEY, title text);
CREATE TABLE emp (id int PRIMARY KEY, full_name text, dept_id int REFERENCES dept, pay numeric(12,2) DEFAULT 0);
CREATE FUNCTION pay_of(i int, factor numeric DEFAULT 1) RETURNS numeric LANGUAGE sql STABLE RETURN (SELECT emp.pay * factor FROM emp WHERE emp.id = i);
CREATE FUNCTION avg_pay(d int) RETURNS numeric LANGUAGE sql STABLE BEGIN ATOMIC SELECT avg(pay_of(emp.id)) FROM emp WHERE emp.dept_id = d; END;
CREATE VIEW above AS SELECT e.id, e.full_name AS name, e.dept_id FROM emp e WHERE e.pay > avg_pay(e.dept_id);
CREATE FUNCTION n_above(d int DEFAULT NULL) RETURNS bigint LANGUAGE sql STABLE BEGIN ATOMIC SELECT count(*) FROM above WHERE n_above.d IS NULL OR above.dept_id = n_above.d; END;
CREATE PROCEDURE grant_raise(pct numeric) LANGUAGE sql BEGIN ATOMIC
  UPDATE emp SET pay = round(emp.pay * (1 + pct), 2) WHERE emp.id IN (SELECT above.id FROM above);
  DELETE FROM dept WHERE NOT EXISTS (SELECT 1 FROM emp WHERE emp.dept_id = dept.id);
END;
CREATE MATERIALIZED VIEW stats AS SELECT d.id, d.title, n_above(d.id) AS n FROM dept d;
CREATE UNIQUE INDEX stats_id ON stats (id);
CREATE FUNCTION is_rich(e emp) RETURNS bool LANGUAGE sql IMMUTABLE RETURN e.pay > 1000;
CREATE INDEX rich ON emp (is_rich(emp));
