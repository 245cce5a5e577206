-- old
CREATE TYPE row_t AS (id int, name text, at date);
CREATE TABLE tt1 OF row_t (PRIMARY KEY (id), name WITH OPTIONS DEFAULT 'n' NOT NULL, CONSTRAINT ck CHECK (at > '2000-01-01'));
CREATE TABLE tt2 OF row_t;
CREATE TABLE free (id int, name text, at date);
CREATE VIEW tv AS SELECT id, name FROM tt1;
CREATE FUNCTION mk(row_t) RETURNS tt1 LANGUAGE sql AS 'SELECT $1.id, $1.name, $1.at';
CREATE TABLE holds (r row_t, rs row_t[], t1 tt1);
-- new
CREATE TYPE row_t AS (id bigint, name text, place text, at date);
CREATE TYPE other_t AS (id int, name text, at date);
CREATE TABLE tt1 OF row_t (PRIMARY KEY (id), name WITH OPTIONS DEFAULT 'm', place WITH OPTIONS DEFAULT 'here', CONSTRAINT ck CHECK (at > '2001-01-01'));
CREATE TABLE tt2 (id int, name text, at date, extra int);
CREATE TABLE free OF other_t;
CREATE VIEW tv AS SELECT id, name, place FROM tt1;
CREATE FUNCTION mk(row_t) RETURNS tt1 LANGUAGE sql AS 'SELECT $1.id, $1.name, $1.place, $1.at';
CREATE TABLE holds (r row_t, rs row_t[], t1 tt1);
