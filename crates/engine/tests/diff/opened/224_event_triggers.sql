-- old
CREATE SCHEMA ddl;
CREATE TABLE ddl.log (id serial, tag text, obj text, at timestamptz DEFAULT now());
CREATE FUNCTION ddl.on_end() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
  FOR r IN SELECT * FROM pg_event_trigger_ddl_commands() LOOP
    INSERT INTO ddl.log (tag, obj) VALUES (r.command_tag, r.object_identity);
  END LOOP;
END $$;
CREATE FUNCTION ddl.on_drop() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'drop'; END $$;
CREATE EVENT TRIGGER log_ddl ON ddl_command_end WHEN TAG IN ('CREATE OPERATOR CLASS') EXECUTE FUNCTION ddl.on_end();
CREATE EVENT TRIGGER log_drop ON sql_drop EXECUTE FUNCTION ddl.on_drop();
ALTER EVENT TRIGGER log_drop DISABLE;
COMMENT ON EVENT TRIGGER log_ddl IS 'writes ddl.log';
CREATE TABLE thing (id int);
-- new
CREATE SCHEMA ddl;
CREATE TABLE ddl.log (id bigint GENERATED ALWAYS AS IDENTITY, tag text NOT NULL, obj text, who name DEFAULT session_user, at timestamptz NOT NULL DEFAULT now());
CREATE FUNCTION ddl.on_end() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE r record;
BEGIN
  FOR r IN SELECT * FROM pg_event_trigger_ddl_commands() LOOP
    INSERT INTO ddl.log (tag, obj) VALUES (r.command_tag, r.object_identity);
  END LOOP;
END $$;
CREATE FUNCTION ddl.on_rewrite() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'rewrite of %', pg_event_trigger_table_rewrite_oid()::regclass; END $$;
CREATE FUNCTION ddl.guard() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN IF current_setting('app.locked', true) = 'on' THEN RAISE EXCEPTION 'locked'; END IF; END $$;
CREATE EVENT TRIGGER log_ddl ON ddl_command_end WHEN TAG IN ('CREATE CAST', 'CREATE OPERATOR CLASS') EXECUTE FUNCTION ddl.on_end();
CREATE EVENT TRIGGER log_rewrite ON table_rewrite EXECUTE FUNCTION ddl.on_rewrite();
CREATE EVENT TRIGGER guard ON ddl_command_start EXECUTE FUNCTION ddl.guard();
ALTER EVENT TRIGGER guard ENABLE REPLICA;
COMMENT ON EVENT TRIGGER guard IS 'replica only';
CREATE TABLE thing (id bigint, note text);
