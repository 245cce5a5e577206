-- old
CREATE SCHEMA core
    ;
CREATE TYPE core.k AS ENUM ('a', 'b');
CREATE DOMAIN core.pos AS int CHECK (VALUE > 0);
CREATE TABLE core.t (id core.pos PRIMARY KEY, k core.k DEFAULT 'a', n bigserial);
CREATE VIEW core.v AS SELECT id FROM core.t;
CREATE FUNCTION core.f(core.k) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
CREATE STATISTICS core.st ON id, k FROM core.t;
CREATE COLLATION core.co FROM "C";
ALTER VIEW core.v OWNER TO app_writer;
ALTER COLLATION core.co OWNER TO app_owner;
GRANT SELECT ON core.t TO app_reader;
GRANT ALL ON SCHEMA core TO app_owner;
-- new
CREATE SCHEMA core
    AUTHORIZATION app_owner;
CREATE TYPE core.k AS ENUM ('a', 'b');
CREATE DOMAIN core.pos AS int CHECK (VALUE > 0);
CREATE TABLE core.t (id core.pos PRIMARY KEY, k core.k DEFAULT 'a', n bigserial);
CREATE VIEW core.v AS SELECT id FROM core.t;
CREATE FUNCTION core.f(core.k) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
CREATE STATISTICS core.st ON id, k FROM core.t;
CREATE COLLATION core.co FROM "C";
ALTER TYPE core.k OWNER TO app_owner;
ALTER DOMAIN core.pos OWNER TO app_owner;
ALTER TABLE core.t OWNER TO app_owner;
ALTER VIEW core.v OWNER TO app_reader;
ALTER FUNCTION core.f(core.k) OWNER TO app_owner;
ALTER STATISTICS core.st OWNER TO app_owner;
GRANT SELECT ON core.t TO app_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA core GRANT SELECT, INSERT ON TABLES TO app_writer WITH GRANT OPTION;
