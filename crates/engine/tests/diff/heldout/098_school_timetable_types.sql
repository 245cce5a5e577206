-- old
CREATE SCHEMA school;
CREATE TYPE school.weekday AS ENUM ('mon', 'tue', 'wed', 'thu', 'fri');
CREATE TYPE school.slot AS (day school.weekday, period smallint);
CREATE DOMAIN school.valid_slot AS school.slot CHECK ((VALUE).period BETWEEN 1 AND 10);
CREATE TABLE school.lessons (
    id int PRIMARY KEY,
    class text NOT NULL,
    at school.valid_slot NOT NULL,
    alternatives school.slot[]
);
CREATE FUNCTION school.day_of(s school.slot) RETURNS school.weekday LANGUAGE sql IMMUTABLE AS $$ SELECT (s).day $$;
CREATE VIEW school.monday AS SELECT id, class, (at).period AS period
FROM school.lessons WHERE (at).day = 'mon';
COMMENT ON TYPE school.slot IS 'Where in the week';
COMMENT ON COLUMN school.slot.period IS 'From one';
-- new
CREATE SCHEMA school;
CREATE TYPE school.weekday AS ENUM ('mon', 'tue', 'wed', 'thu', 'fri');
CREATE TYPE school.slot AS (day school.weekday, period smallint, room text);
CREATE DOMAIN school.valid_slot AS school.slot CHECK ((VALUE).period BETWEEN 1 AND 10);
CREATE TABLE school.lessons (
    id int PRIMARY KEY,
    class text NOT NULL,
    at school.valid_slot NOT NULL,
    alternatives school.slot[]
);
CREATE FUNCTION school.day_of(s school.slot) RETURNS school.weekday LANGUAGE sql IMMUTABLE AS $$ SELECT (s).day $$;
CREATE VIEW school.monday AS SELECT id, class, (at).period AS period
    , (at).room AS room
FROM school.lessons WHERE (at).day = 'mon';
COMMENT ON TYPE school.slot IS 'Where in the week';
COMMENT ON COLUMN school.slot.period IS 'From one';
