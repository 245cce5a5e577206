-- old
CREATE SCHEMA ops;
CREATE TABLE ops.ddl_log (id bigserial PRIMARY KEY, tag text NOT NULL, obj text, at timestamptz DEFAULT now());
CREATE FUNCTION ops.log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
  FOR r IN SELECT * FROM pg_event_trigger_ddl_commands() LOOP
    INSERT INTO ops.ddl_log (tag, obj) VALUES (r.command_tag, r.object_identity);
  END LOOP;
END $$;
CREATE TABLE host (name text PRIMARY KEY, addr inet NOT NULL, mac macaddr);
CREATE TABLE service (host text REFERENCES host, port int, proto char(3), PRIMARY KEY (host, port));
CREATE EVENT TRIGGER log_ddl ON ddl_command_end EXECUTE FUNCTION ops.log_ddl();
-- new
CREATE SCHEMA ops;
CREATE TABLE ops.ddl_log (id bigserial PRIMARY KEY, tag text NOT NULL, obj text, who text NOT NULL DEFAULT session_user, at timestamptz NOT NULL DEFAULT now());
CREATE FUNCTION ops.log_ddl() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE r record;
BEGIN
  FOR r IN SELECT * FROM pg_event_trigger_ddl_commands() WHERE schema_name IS DISTINCT FROM 'pg_temp' LOOP
    INSERT INTO ops.ddl_log (tag, obj) VALUES (r.command_tag, r.object_identity);
  END LOOP;
END $$;
CREATE FUNCTION ops.log_drop() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
  FOR r IN SELECT * FROM pg_event_trigger_dropped_objects() WHERE original LOOP
    INSERT INTO ops.ddl_log (tag, obj) VALUES ('DROP', r.object_identity);
  END LOOP;
END $$;
CREATE TABLE host (name text PRIMARY KEY, addr inet NOT NULL, mac macaddr);
CREATE TABLE service (host text REFERENCES host, port int, proto char(3), PRIMARY KEY (host, port));
CREATE EVENT TRIGGER log_ddl ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE', 'CREATE INDEX') EXECUTE FUNCTION ops.log_ddl();
CREATE EVENT TRIGGER log_drop ON sql_drop EXECUTE FUNCTION ops.log_drop();
ALTER EVENT TRIGGER log_drop DISABLE;
