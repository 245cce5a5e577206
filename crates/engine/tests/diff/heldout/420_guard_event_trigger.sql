-- old
CREATE SCHEMA ops;
CREATE TABLE ops.ddl_history (id serial PRIMARY KEY, at timestamptz DEFAULT now(), who name DEFAULT current_user, tag text);
CREATE FUNCTION ops.log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ops.ddl_history (tag) VALUES (tg_tag);
END $$;
CREATE TABLE ops.job (id int PRIMARY KEY, name text NOT NULL, cron text, enabled bool DEFAULT true);
CREATE TABLE ops.job_run (job_id int REFERENCES ops.job, started timestamptz, finished timestamptz, ok bool);
CREATE VIEW ops.last_run AS SELECT job_id, max(started) AS last FROM ops.job_run GROUP BY job_id;
CREATE EVENT TRIGGER ddl_hist ON ddl_command_end EXECUTE FUNCTION ops.log_ddl();
-- new
CREATE SCHEMA ops;
CREATE TABLE ops.ddl_history (id serial PRIMARY KEY, at timestamptz DEFAULT now(), who name DEFAULT current_user, tag text);
CREATE FUNCTION ops.log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
  FOR r IN SELECT * FROM pg_event_trigger_ddl_commands() LOOP
    INSERT INTO ops.ddl_history (tag, object) VALUES (r.command_tag, r.object_identity);
  END LOOP;
END $$;
CREATE FUNCTION ops.log_drop() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
  FOR r IN SELECT * FROM pg_event_trigger_dropped_objects() WHERE original LOOP
    INSERT INTO ops.ddl_history (tag, object) VALUES (tg_tag, r.object_identity);
  END LOOP;
END $$;
CREATE TYPE ops.outcome AS ENUM ('ok','failed','timeout');
CREATE TABLE ops.job (id int PRIMARY KEY, name text NOT NULL, cron text, enabled bool DEFAULT true);
CREATE TABLE ops.job_run (
  job_id int REFERENCES ops.job,
  started timestamptz,
  finished timestamptz
);
CREATE VIEW ops.last_run AS SELECT job_id, max(started) AS last FROM ops.job_run GROUP BY job_id;
CREATE EVENT TRIGGER ddl_hist ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE', 'CREATE INDEX') EXECUTE FUNCTION ops.log_ddl();
CREATE EVENT TRIGGER drop_hist ON sql_drop EXECUTE FUNCTION ops.log_drop();
ALTER EVENT TRIGGER drop_hist DISABLE;
