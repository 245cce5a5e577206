-- old
CREATE SCHEMA worker;
CREATE TABLE worker.job_queues (queue_name text PRIMARY KEY, job_count int NOT NULL, locked_at timestamptz, locked_by text);
CREATE TABLE worker.jobs (
  id bigserial PRIMARY KEY, queue_name text DEFAULT gen_random_uuid()::text, task text NOT NULL, payload json DEFAULT '{}'::json NOT NULL,
  priority int DEFAULT 0 NOT NULL, run_at timestamptz DEFAULT now() NOT NULL, attempts int DEFAULT 0 NOT NULL, last_error text
);
CREATE INDEX ON worker.jobs (priority, run_at, id);
CREATE FUNCTION worker.notify() RETURNS trigger LANGUAGE plpgsql AS $$ begin perform pg_notify('jobs:insert', ''); return new; end; $$;
CREATE TRIGGER _900_notify AFTER INSERT ON worker.jobs FOR EACH STATEMENT EXECUTE FUNCTION worker.notify();
CREATE FUNCTION worker.add_job(identifier text, payload json) RETURNS worker.jobs LANGUAGE sql AS $$ insert into worker.jobs(task, payload) values (identifier, payload) returning *; $$;
CREATE FUNCTION worker.complete(job_id bigint) RETURNS worker.jobs LANGUAGE plpgsql AS $$ declare r worker.jobs; begin delete from worker.jobs where id = job_id returning * into r; return r; end $$;
-- new
CREATE SCHEMA worker;
CREATE TABLE worker.job_queues (
  queue_name text NOT NULL UNIQUE CHECK (length(queue_name) <= 128),
  job_count int NOT NULL,
  locked_at timestamptz,
  locked_by text
);
CREATE TABLE worker.jobs (
  id bigserial PRIMARY KEY,
  queue_name text DEFAULT gen_random_uuid()::text,
  payload json DEFAULT '{}'::json NOT NULL,
  priority int DEFAULT 0 NOT NULL,
  run_at timestamptz DEFAULT now() NOT NULL,
  attempts int DEFAULT 0 NOT NULL,
  last_error text,
  flags jsonb
);
CREATE INDEX ON worker.jobs (priority, run_at, id);
CREATE FUNCTION worker.notify() RETURNS trigger LANGUAGE plpgsql AS $$ begin perform pg_notify('jobs:insert', ''); return new; end; $$;
CREATE TRIGGER _900_notify AFTER INSERT ON worker.jobs REFERENCING NEW TABLE AS newjobs FOR EACH STATEMENT EXECUTE FUNCTION worker.notify();
CREATE FUNCTION worker.complete(job_ids bigint[]) RETURNS SETOF worker.jobs LANGUAGE sql AS $$ delete from worker.jobs where id = any (job_ids) returning * $$;
