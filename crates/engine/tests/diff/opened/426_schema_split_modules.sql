-- old
CREATE TYPE status AS ENUM ('open','closed');
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
CREATE SEQUENCE global_id START 100;
CREATE TABLE staff (id bigint PRIMARY KEY DEFAULT nextval('global_id'), mail email UNIQUE, boss bigint REFERENCES staff);
CREATE TABLE ticket (id bigint PRIMARY KEY DEFAULT nextval('global_id'), st status DEFAULT 'open', assignee bigint REFERENCES staff, subject text);
CREATE FUNCTION close_ticket(t bigint) RETURNS status LANGUAGE sql AS $$ UPDATE ticket SET st = 'closed' WHERE id = t RETURNING st $$;
CREATE VIEW workload AS SELECT s.mail, count(t.id) AS n FROM staff s LEFT JOIN ticket t ON t.assignee = s.id AND t.st = 'open' GROUP BY 1;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON ticket FOR EACH ROW EXECUTE FUNCTION touch();
-- new
CREATE SCHEMA core;
CREATE SCHEMA people;
CREATE SCHEMA desk;
CREATE TYPE desk.status AS ENUM ('open','waiting','closed');
CREATE DOMAIN core.email AS text CHECK (VALUE LIKE '%@%');
CREATE SEQUENCE core.global_id START 100;
CREATE TABLE people.staff (id bigint PRIMARY KEY DEFAULT nextval('core.global_id'), mail core.email UNIQUE NOT NULL, boss bigint REFERENCES people.staff, hired date);
CREATE TABLE desk.ticket (id bigint PRIMARY KEY DEFAULT nextval('core.global_id'), st desk.status DEFAULT 'open' NOT NULL, assignee bigint REFERENCES people.staff ON DELETE SET NULL, subject text, updated_at timestamptz);
CREATE FUNCTION desk.close_ticket(t bigint) RETURNS desk.status LANGUAGE sql AS $$ UPDATE desk.ticket SET st = 'closed' WHERE id = t RETURNING st $$;
CREATE FUNCTION core.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON desk.ticket FOR EACH ROW EXECUTE FUNCTION core.touch();
