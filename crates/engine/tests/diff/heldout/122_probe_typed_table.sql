-- old
CREATE TYPE pers AS (name text, born date);
CREATE TABLE people OF pers (PRIMARY KEY (name));
CREATE TABLE others (name text, born date
);
ALTER TABLE others OF pers;
COMMENT ON COLUMN people.born IS 'Birthday';
-- new
CREATE TYPE pers AS (name text, born date, died date);
CREATE TABLE people OF pers (PRIMARY KEY (name), born WITH OPTIONS DEFAULT '1970-01-01' NOT NULL);
CREATE TABLE others (name text, born date
    , died date
);
COMMENT ON COLUMN people.born IS 'Birthday';
