-- old
CREATE SCHEMA hr;
CREATE TABLE hr.person (
  person_id serial PRIMARY KEY,
  first_name text NOT NULL,
  last_name text NOT NULL,
  born date
);
CREATE TABLE hr.employee (salary numeric(10,2) NOT NULL, dept text, PRIMARY KEY (person_id)) INHERITS (hr.person);
CREATE TABLE hr.contractor (rate numeric(8,2), agency text) INHERITS (hr.person);
CREATE TYPE hr.address AS (street text, city text, zip text);
CREATE TABLE hr.site (site_code char(4) PRIMARY KEY, addr hr.address);
CREATE FUNCTION hr.full_name(hr.person) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1.first_name || ' ' || $1.last_name $$;
CREATE INDEX person_name ON hr.person (lower(last_name));
CREATE VIEW hr.directory AS SELECT p.person_id, hr.full_name(p) AS name, p.tableoid::regclass::text AS kind FROM hr.person p;
-- new
CREATE SCHEMA hr;
CREATE TABLE hr.person (
  person_id bigserial PRIMARY KEY,
  first_name text NOT NULL,
  last_name text NOT NULL,
  born date,
  email text
);
CREATE TABLE hr.employee (
  salary numeric(10,2) NOT NULL,
  dept text,
  site char(4),
  PRIMARY KEY (person_id)
) INHERITS (hr.person);
CREATE TABLE hr.contractor (rate numeric(8,2), agency text, email text NOT NULL) INHERITS (hr.person);
CREATE TABLE hr.intern (mentor bigint REFERENCES hr.employee) INHERITS (hr.person);
CREATE TYPE hr.address AS (street text, city varchar(80), zip text, country char(2));
CREATE TABLE hr.site (site_code char(4) PRIMARY KEY, addr hr.address);
CREATE FUNCTION hr.full_name(hr.person) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1.last_name || ', ' || $1.first_name $$;
CREATE INDEX person_name ON hr.person (lower(last_name), lower(first_name));
CREATE VIEW hr.directory AS SELECT p.person_id, hr.full_name(p) AS name, p.tableoid::regclass::text AS kind FROM hr.person p;
