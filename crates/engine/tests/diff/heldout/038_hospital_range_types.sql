-- old
CREATE TYPE timerange AS RANGE (SUBTYPE = time);
CREATE TABLE wards (id int PRIMARY KEY, name text NOT NULL, visiting timerange);
CREATE TABLE shifts (
    nurse int NOT NULL,
    ward int NOT NULL REFERENCES wards,
    day date NOT NULL,
    hours timerange NOT NULL,
    PRIMARY KEY (nurse, day)
);
CREATE VIEW long_shifts AS SELECT nurse, day FROM shifts WHERE upper(hours) - lower(hours) > interval '10 hours';
-- new
CREATE FUNCTION time_diff(a time, b time) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT EXTRACT(epoch FROM (a - b))::double precision $$;
CREATE TYPE timerange AS RANGE (SUBTYPE = time, SUBTYPE_DIFF = time_diff, MULTIRANGE_TYPE_NAME = timeranges);
CREATE TABLE wards (id int PRIMARY KEY, name text NOT NULL, visiting timerange);
CREATE TABLE shifts (
    nurse int NOT NULL,
    ward int NOT NULL REFERENCES wards,
    day date NOT NULL,
    hours timerange NOT NULL,
    CONSTRAINT one_ward EXCLUDE USING gist (int4range(nurse, nurse, '[]') WITH &&, daterange(day, day, '[]') WITH &&, hours WITH &&)
);
CREATE VIEW long_shifts AS SELECT nurse, day, hours FROM shifts WHERE upper(hours) - lower(hours) > interval '9 hours';
