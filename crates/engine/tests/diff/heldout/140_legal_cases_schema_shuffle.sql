-- old
CREATE SCHEMA legal;
CREATE SCHEMA archive;
CREATE TYPE legal.court AS ENUM ('local', 'district', 'supreme');
CREATE FUNCTION legal.case_no(y int, n int) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT n || '/' || y $$;
CREATE TABLE legal.cases (id int PRIMARY KEY, y int, n int, court legal.court DEFAULT 'local', no text GENERATED ALWAYS AS (legal.case_no(y, n)) STORED);
CREATE TABLE legal.closed_cases (id int PRIMARY KEY, verdict text);
CREATE INDEX closed_verdict ON legal.closed_cases (verdict);
CREATE VIEW legal.supreme AS SELECT id, no FROM legal.cases WHERE court = 'supreme';
GRANT USAGE ON SCHEMA archive TO app_reader;
-- new
CREATE SCHEMA legal;
CREATE SCHEMA archive;
CREATE TYPE legal.court AS ENUM ('local', 'district', 'supreme');
CREATE FUNCTION legal.case_no(y int, n int) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT n || '/' || y $$;
CREATE TABLE legal.cases (id int PRIMARY KEY, y int NOT NULL, n int NOT NULL, court legal.court DEFAULT 'local', no text GENERATED ALWAYS AS (legal.case_no(y, n)) STORED, UNIQUE (y, n));
CREATE TABLE archive.closed_cases (id int PRIMARY KEY, verdict text, closed date);
CREATE INDEX closed_verdict ON archive.closed_cases (verdict);
CREATE VIEW archive.supreme AS SELECT c.id, c.no, a.verdict FROM legal.cases c LEFT JOIN archive.closed_cases a USING (id) WHERE court = 'supreme';
GRANT USAGE ON SCHEMA archive TO app_reader;
