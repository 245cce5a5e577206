-- old
CREATE SCHEMA dba;
CREATE TABLE dba.drops (object text, at timestamptz DEFAULT now());
CREATE FUNCTION dba.on_drop() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RETURN; END $$;
CREATE EVENT TRIGGER drops ON sql_drop WHEN TAG IN ('DROP TABLE') EXECUTE FUNCTION dba.on_drop();
CREATE EVENT TRIGGER rewrites ON table_rewrite EXECUTE FUNCTION dba.on_drop();
COMMENT ON EVENT TRIGGER drops IS 'Tables that went';
GRANT INSERT ON dba.drops TO PUBLIC;
-- new
CREATE SCHEMA dba;
CREATE TABLE dba.drops (object text, at timestamptz DEFAULT now());
CREATE FUNCTION dba.on_event() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN; END $$;
CREATE EVENT TRIGGER drops ON sql_drop WHEN TAG IN ('DROP TABLE', 'DROP VIEW') EXECUTE FUNCTION dba.on_event();
ALTER EVENT TRIGGER drops ENABLE ALWAYS;
CREATE EVENT TRIGGER starts ON ddl_command_start EXECUTE FUNCTION dba.on_event();
ALTER EVENT TRIGGER starts ENABLE REPLICA;
COMMENT ON EVENT TRIGGER drops IS 'Tables that went';
GRANT INSERT ON dba.drops TO PUBLIC;
