-- old
CREATE TABLE teacher (abbr varchar(4) PRIMARY KEY, name text NOT NULL);
CREATE TABLE class (label varchar(4) PRIMARY KEY, head varchar(4) REFERENCES teacher);
CREATE TABLE lesson (class varchar(4) REFERENCES class, weekday smallint, hour smallint, subject text NOT NULL, teacher varchar(4) NOT NULL REFERENCES teacher, room text, PRIMARY KEY (class, weekday, hour), CONSTRAINT one_teacher UNIQUE (teacher, weekday, hour));
CREATE VIEW plan AS SELECT class, hour, max(subject) FILTER (WHERE weekday = 1) AS mo, max(subject) FILTER (WHERE weekday = 2) AS tu FROM lesson GROUP BY class, hour;
CREATE FUNCTION free_teachers(d smallint, h smallint) RETURNS SETOF varchar LANGUAGE sql AS $$ SELECT abbr FROM teacher t WHERE NOT EXISTS (SELECT 1 FROM lesson l WHERE l.teacher = t.abbr AND l.weekday = d AND l.hour = h) $$;
-- new
CREATE TYPE weekday AS ENUM ('mo', 'tu', 'we', 'th', 'fr');
CREATE TABLE teacher (abbr varchar(6) PRIMARY KEY, name text NOT NULL);
CREATE TABLE room (room text PRIMARY KEY, seats smallint);
CREATE TABLE class (label varchar(4) PRIMARY KEY, head varchar(6) REFERENCES teacher ON UPDATE CASCADE, CONSTRAINT class_head_once UNIQUE NULLS NOT DISTINCT (head));
CREATE TABLE lesson (class varchar(4) REFERENCES class, weekday weekday, hour smallint CHECK (hour BETWEEN 1 AND 11), subject text NOT NULL, teacher varchar(6) NOT NULL REFERENCES teacher ON UPDATE CASCADE, room text REFERENCES room, PRIMARY KEY (class, weekday, hour), CONSTRAINT one_teacher UNIQUE (teacher, weekday, hour) DEFERRABLE, CONSTRAINT one_room UNIQUE (room, weekday, hour) DEFERRABLE INITIALLY DEFERRED);
CREATE VIEW plan AS SELECT class, hour, max(subject) FILTER (WHERE weekday = 'mo') AS mo, max(subject) FILTER (WHERE weekday = 'tu') AS tu, max(subject) FILTER (WHERE weekday = 'we') AS we FROM lesson GROUP BY class, hour;
CREATE FUNCTION free_teachers(d weekday, h int) RETURNS SETOF varchar LANGUAGE sql STABLE AS $$ SELECT abbr FROM teacher t WHERE NOT EXISTS (SELECT 1 FROM lesson l WHERE l.teacher = t.abbr AND l.weekday = d AND l.hour = h) $$;
