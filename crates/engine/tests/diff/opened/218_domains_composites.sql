-- old
CREATE DOMAIN posint AS int CHECK (VALUE > 0);
CREATE DOMAIN smallpos AS posint CHECK (VALUE < 100);
CREATE DOMAIN emails AS text[] CHECK (array_length(VALUE, 1) < 5);
CREATE TYPE address AS (street text, no posint, zip varchar(5));
CREATE TYPE party AS (name text, home address, mails emails);
CREATE TABLE person (id posint PRIMARY KEY, p party, others address[], rank smallpos DEFAULT 1);
CREATE INDEX person_zip ON person ((((p).home).zip));
CREATE FUNCTION fmt(a address) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT a.street || ' ' || a.no $$;
CREATE VIEW letters AS SELECT id, (p).name, fmt((p).home) AS to_addr FROM person;
CREATE TABLE office OF address (PRIMARY KEY (street, no), zip WITH OPTIONS DEFAULT '00000');
CREATE TYPE float_pair AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TABLE bands (b float_pair, mb float_pair_multirange);
CREATE CAST (address AS text) WITH FUNCTION fmt(address) AS ASSIGNMENT;
-- new
CREATE DOMAIN posint AS bigint CONSTRAINT gt0 CHECK (VALUE > 0);
CREATE DOMAIN smallpos AS posint DEFAULT 2 CHECK (VALUE < 1000) CONSTRAINT not_13 CHECK (VALUE <> 13);
CREATE DOMAIN emails AS text[] NOT NULL DEFAULT '{}';
CREATE TYPE address AS (street text, no text, zip varchar(10), country char(2));
CREATE TYPE party AS (name text, home address, mails emails, born date);
CREATE TABLE person (id posint PRIMARY KEY, p party, others address[], rank smallpos);
CREATE INDEX person_zip ON person ((((p).home).zip), (((p).home).country));
CREATE FUNCTION fmt(a address) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT concat_ws(' ', a.street, a.no, a.country) $$;
CREATE VIEW letters AS SELECT id, (p).name, fmt((p).home) AS to_addr, ((p).home).country FROM person;
CREATE TABLE office OF address (PRIMARY KEY (street, no), zip WITH OPTIONS DEFAULT '00000', country WITH OPTIONS NOT NULL);
CREATE TYPE float_pair AS RANGE (subtype = float8, subtype_diff = float8mi, multirange_type_name = float_pairs);
CREATE TABLE bands (b float_pair, mb float_pairs);
CREATE CAST (address AS text) WITH FUNCTION fmt(address) AS IMPLICIT;
