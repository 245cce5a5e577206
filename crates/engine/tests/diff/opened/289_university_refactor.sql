-- old
CREATE TABLE "STUDENT" ("MatNr" int PRIMARY KEY, "Name" text, "Semester" int);
CREATE TABLE "PROF" ("PersNr" int PRIMARY KEY, "Name" text, "Rang" char(2) CHECK ("Rang" IN ('C2','C3','C4')), "Raum" int UNIQUE);
CREATE TABLE "VORLESUNG" ("Nr" int PRIMARY KEY, "Titel" text, "SWS" int, "Prof" int REFERENCES "PROF");
CREATE TABLE "HOERT" ("MatNr" int REFERENCES "STUDENT" ON DELETE CASCADE, "Nr" int REFERENCES "VORLESUNG", PRIMARY KEY ("MatNr", "Nr"));
CREATE TABLE "PRUEFT" ("MatNr" int REFERENCES "STUDENT", "Nr" int REFERENCES "VORLESUNG", "Prof" int REFERENCES "PROF", "Note" numeric(2,1), PRIMARY KEY ("MatNr", "Nr"));
CREATE VIEW "Schnitt" AS SELECT s."MatNr", s."Name", avg(p."Note") AS "Note" FROM "STUDENT" s LEFT JOIN "PRUEFT" p USING ("MatNr") GROUP BY s."MatNr";
CREATE FUNCTION "Bestanden"(n numeric) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT n <= 4.0';
CREATE VIEW "Durchgefallen" AS SELECT * FROM "PRUEFT" WHERE NOT "Bestanden"("Note");
COMMENT ON TABLE "HOERT" IS 'wer hört was';
-- new
CREATE SCHEMA uni;
CREATE TYPE uni.rank AS ENUM ('W1', 'W2', 'W3');
CREATE DOMAIN uni.grade AS numeric(2,1) CHECK (VALUE IN (1.0, 1.3, 1.7, 2.0, 2.3, 2.7, 3.0, 3.3, 3.7, 4.0, 5.0));
CREATE TABLE uni.person (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, mail text UNIQUE);
CREATE TABLE uni.student (id int PRIMARY KEY REFERENCES uni.person ON DELETE CASCADE, mat_nr char(8) NOT NULL UNIQUE, enrolled date NOT NULL DEFAULT CURRENT_DATE);
CREATE TABLE uni.professor (id int PRIMARY KEY REFERENCES uni.person, rank uni.rank NOT NULL DEFAULT 'W1', room varchar(10), CONSTRAINT single_room UNIQUE (room) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE uni.term (name char(6) PRIMARY KEY CHECK (name ~ '^[WS]S\d{4}$'), starts date NOT NULL, ends date NOT NULL, weeks int GENERATED ALWAYS AS ((ends - starts) / 7) STORED);
CREATE TABLE uni.course (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code varchar(12) NOT NULL, title text NOT NULL, ects numeric(3,1) NOT NULL DEFAULT 5, requires int[]);
CREATE UNIQUE INDEX course_code ON uni.course (upper(code));
CREATE TABLE uni.offering (course int REFERENCES uni.course, term char(6) REFERENCES uni.term, professor int REFERENCES uni.professor ON DELETE SET NULL, PRIMARY KEY (course, term));
CREATE TABLE uni.attends (student int REFERENCES uni.student ON DELETE CASCADE, course int, term char(6), FOREIGN KEY (course, term) REFERENCES uni.offering, PRIMARY KEY (student, course, term));
CREATE TABLE uni.exam (student int, course int, term char(6), attempt smallint DEFAULT 1 CHECK (attempt BETWEEN 1 AND 3), grade uni.grade, PRIMARY KEY (student, course, attempt), FOREIGN KEY (student, course, term) REFERENCES uni.attends ON UPDATE CASCADE);
CREATE FUNCTION uni.passed(g uni.grade) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN g <= 4.0;
CREATE VIEW uni.transcript AS SELECT p.id, p.name, c.title, e.term, e.grade, sum(c.ects) FILTER (WHERE uni.passed(e.grade)) OVER (PARTITION BY p.id ORDER BY e.term) AS total FROM uni.exam e JOIN uni.person p ON p.id = e.student JOIN uni.course c ON c.id = e.course;
CREATE VIEW uni.average AS SELECT id, name, round(avg(grade), 2) AS grade FROM uni.transcript GROUP BY id, name;
CREATE VIEW public."Schnitt" AS SELECT s.mat_nr AS "MatNr", a.name AS "Name", a.grade AS "Note" FROM uni.average a JOIN uni.student s USING (id);
COMMENT ON TABLE uni.attends IS 'wer hört was';
COMMENT ON VIEW public."Schnitt" IS 'für alte Programme';
