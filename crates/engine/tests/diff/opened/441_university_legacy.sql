-- old
CREATE SCHEMA reg;
SET search_path = reg, public;
CREATE TYPE semester AS ENUM ('WS','SS');
CREATE SEQUENCE matr_seq MINVALUE 10000 MAXVALUE 99999 START 10000 CYCLE;
CREATE TABLE student (matr int DEFAULT nextval('reg.matr_seq') CONSTRAINT student_pk PRIMARY KEY, name varchar(60) NOT NULL, enrolled date DEFAULT now(), fac char(3));
CREATE TABLE course (nr char(6) CONSTRAINT course_pk PRIMARY KEY, title varchar(120), ects smallint DEFAULT 5);
CREATE TABLE exam (matr int, nr char(6), try smallint DEFAULT 1, sem semester, yr int, mark numeric(2,1),
  CONSTRAINT exam_pk PRIMARY KEY (matr, nr, try),
  CONSTRAINT exam_student FOREIGN KEY (matr) REFERENCES student,
  CONSTRAINT exam_course FOREIGN KEY (nr) REFERENCES course,
  CONSTRAINT mark_ck CHECK (mark IN (1.0,1.3,1.7,2.0,2.3,2.7,3.0,3.3,3.7,4.0,5.0)));
CREATE FUNCTION passed(numeric) RETURNS bool AS $$ SELECT $1 <= 4.0 $$ LANGUAGE sql IMMUTABLE;
CREATE VIEW credits AS SELECT e.matr, sum(c.ects) AS ects FROM exam e JOIN course c USING (nr) WHERE passed(e.mark) GROUP BY e.matr;
CREATE VIEW graduates AS SELECT s.* FROM student s JOIN credits c USING (matr) WHERE c.ects >= 180;
CREATE FUNCTION max3() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.try > 3 THEN RAISE EXCEPTION 'no more tries'; END IF; RETURN NEW; END $$;
CREATE TRIGGER max3 BEFORE INSERT ON exam FOR EACH ROW EXECUTE FUNCTION max3();
-- new
CREATE SCHEMA reg;
SET search_path = reg, public;
CREATE TYPE semester AS ENUM ('WS','SS');
CREATE TYPE term AS (sem semester, yr smallint);
CREATE SEQUENCE matr_seq MINVALUE 10000 MAXVALUE 99999 START 10000 CYCLE;
CREATE TABLE faculty (code char(3) CONSTRAINT faculty_pk PRIMARY KEY, name text NOT NULL);
CREATE TABLE student (matr int DEFAULT nextval('reg.matr_seq') CONSTRAINT student_pk PRIMARY KEY, name varchar(60) NOT NULL, enrolled date DEFAULT now(), fac char(3));
CREATE TABLE course (
  nr char(6) CONSTRAINT course_pk PRIMARY KEY,
  title varchar(120) NOT NULL,
  ects smallint DEFAULT 5
);
CREATE TABLE exam (
  matr int,
  nr char(6),
  try smallint DEFAULT 1,
  sem semester,
  yr int,
  in_term term,
  mark numeric(2,1),
  CONSTRAINT exam_pk PRIMARY KEY (matr, nr, try),
  CONSTRAINT exam_student FOREIGN KEY (matr) REFERENCES student,
  CONSTRAINT exam_course FOREIGN KEY (nr) REFERENCES course,
  CONSTRAINT mark_ck CHECK (mark IN (1.0,1.3,1.7,2.0,2.3,2.7,3.0,3.3,3.7,4.0,5.0))
);
CREATE FUNCTION passed(numeric) RETURNS bool AS $$ SELECT $1 <= 4.0 $$ LANGUAGE sql IMMUTABLE;
CREATE VIEW credits AS SELECT e.matr, sum(c.ects) AS ects FROM exam e JOIN course c USING (nr) WHERE passed(e.mark) GROUP BY e.matr;
CREATE VIEW graduates AS SELECT s.* FROM student s JOIN credits c USING (matr) WHERE c.ects >= 180;
CREATE FUNCTION max3() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.try > 3 THEN RAISE EXCEPTION 'no more tries'; END IF; RETURN NEW; END $$;
CREATE INDEX exam_term ON exam (((in_term).yr), ((in_term).sem));
