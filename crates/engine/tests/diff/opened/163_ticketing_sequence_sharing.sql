-- old
CREATE SCHEMA tix;
CREATE SEQUENCE tix.number
    START 1;
CREATE TABLE tix.incidents (no bigint PRIMARY KEY DEFAULT nextval('tix.number'), title text);
CREATE TABLE tix.requests (no bigint PRIMARY KEY DEFAULT nextval('tix.number'), title text);
CREATE VIEW tix.all_tickets AS SELECT no, title, 'incident' AS kind FROM tix.incidents UNION SELECT no, title, 'request' FROM tix.requests;
GRANT SELECT ON tix.all_tickets TO app_reader;
-- new
CREATE SCHEMA tix;
CREATE SEQUENCE tix.number
    START 100 INCREMENT 10 MINVALUE 100 CACHE 5;
CREATE TABLE tix.tickets (no bigint PRIMARY KEY DEFAULT nextval('tix.number'), title text NOT NULL, kind text NOT NULL);
CREATE TABLE tix.incidents (impact int, CHECK (kind = 'incident'), PRIMARY KEY (no)) INHERITS (tix.tickets);
CREATE TABLE tix.requests (approved boolean, CHECK (kind = 'request'), PRIMARY KEY (no)) INHERITS (tix.tickets);
ALTER TABLE tix.incidents ALTER kind SET DEFAULT 'incident';
ALTER TABLE tix.requests ALTER kind SET DEFAULT 'request';
ALTER SEQUENCE tix.number OWNED BY tix.tickets.no;
CREATE VIEW tix.all_tickets AS SELECT no, title, kind FROM tix.tickets;
GRANT SELECT ON tix.all_tickets TO app_reader;
