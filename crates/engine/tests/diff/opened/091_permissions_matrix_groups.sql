-- old
CREATE SCHEMA sec;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE TABLE sec.permissions (id int PRIMARY KEY, name text UNIQUE);
CREATE SEQUENCE sec.audit_no;
CREATE FUNCTION sec.can(p text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS $$ SELECT EXISTS (SELECT FROM sec.permissions WHERE name = p) $$;
CREATE TYPE sec.scope AS ENUM ('own', 'team', 'all');
GRANT ALL ON SCHEMA sec TO app_owner;
GRANT SELECT ON sec.permissions TO PUBLIC;
GRANT ALL ON SEQUENCE sec.audit_no TO app_writer;
GRANT EXECUTE ON FUNCTION sec.can(text) TO app_reader WITH GRANT OPTION;
-- new
CREATE SCHEMA sec;
GRANT CREATE ON SCHEMA public TO app_writer;
CREATE TABLE sec.permissions (id int PRIMARY KEY, name text UNIQUE);
CREATE SEQUENCE sec.audit_no;
CREATE FUNCTION sec.can(p text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS $$ SELECT EXISTS (SELECT FROM sec.permissions WHERE name = p) $$;
CREATE TYPE sec.scope AS ENUM ('own', 'team', 'all');
GRANT USAGE ON SCHEMA sec TO PUBLIC;
REVOKE USAGE ON TYPE sec.scope FROM PUBLIC;
GRANT USAGE ON TYPE sec.scope TO app_writer;
GRANT SELECT, REFERENCES ON sec.permissions TO app_reader WITH GRANT OPTION;
GRANT SELECT ON SEQUENCE sec.audit_no TO app_reader;
REVOKE ALL ON FUNCTION sec.can(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.can(text) TO app_reader;
