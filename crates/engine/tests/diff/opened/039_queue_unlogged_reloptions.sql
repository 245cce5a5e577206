-- old
CREATE TABLE jobs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue text NOT NULL DEFAULT 'default',
    run_at timestamptz NOT NULL DEFAULT now(),
    args jsonb NOT NULL DEFAULT '[]',
    locked_by int
) WITH (fillfactor = 90);
CREATE INDEX jobs_ready ON jobs (queue, run_at)
    WHERE locked_by IS NULL;
CREATE FUNCTION notify_job() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify('jobs', NEW.queue); RETURN NULL; END $$;
CREATE TRIGGER notify_job AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION notify_job();
ALTER TABLE jobs ALTER args SET STORAGE EXTERNAL;
-- new
CREATE UNLOGGED TABLE jobs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue text NOT NULL DEFAULT 'default',
    run_at timestamptz NOT NULL DEFAULT now(),
    args jsonb NOT NULL DEFAULT '[]',
    locked_by int
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_enabled = true, toast.autovacuum_enabled = false);
CREATE INDEX jobs_ready ON jobs (queue, run_at)
    WITH (fillfactor = 50, deduplicate_items = off) WHERE locked_by IS NULL;
CREATE FUNCTION notify_job() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify('jobs', NEW.queue); RETURN NULL; END $$;
CREATE TRIGGER notify_job AFTER INSERT ON jobs FOR EACH ROW WHEN (NEW.locked_by IS NULL) EXECUTE FUNCTION notify_job('fast', '1');
ALTER TABLE jobs ALTER args SET STORAGE EXTERNAL;
ALTER TABLE jobs ALTER args SET COMPRESSION lz4;
