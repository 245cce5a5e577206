-- old
CREATE SCHEMA logs;
CREATE TABLE logs.app_log (ts timestamptz NOT NULL, level smallint, msg text, ctx jsonb);
CREATE TABLE logs.access_log (ts timestamptz NOT NULL, ip inet, path text, status smallint, bytes integer);
CREATE INDEX app_log_ts ON logs.app_log (ts);
CREATE INDEX access_log_ts ON logs.access_log (ts);
CREATE TYPE logs.level AS ENUM ('debug', 'info', 'warn', 'error');
CREATE FUNCTION logs.errors(since timestamptz) RETURNS SETOF logs.app_log LANGUAGE sql STABLE AS $$ SELECT * FROM logs.app_log WHERE level >= 3 AND ts > since $$;
CREATE PROCEDURE logs.purge(days int) LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM logs.app_log WHERE ts < now() - days * interval '1 day';
  COMMIT;
END $$;
-- new
CREATE ACCESS METHOD heap_log TYPE TABLE HANDLER heap_tableam_handler;
CREATE SCHEMA logs;
CREATE TYPE logs.level AS ENUM ('trace', 'debug', 'info', 'warn', 'error', 'fatal');
CREATE TABLE logs.app_log (ts timestamptz NOT NULL, level logs.level NOT NULL DEFAULT 'info', service text, msg text COMPRESSION pglz, ctx jsonb) USING heap_log WITH (fillfactor = 100);
ALTER TABLE logs.app_log ALTER COLUMN ctx SET STORAGE EXTENDED, ALTER COLUMN msg SET STATISTICS 10;
CREATE TABLE logs.access_log (ts timestamptz NOT NULL, ip inet, path text, status smallint, bytes bigint);
CREATE INDEX app_log_ts ON logs.app_log USING brin (ts timestamptz_minmax_multi_ops);
CREATE INDEX access_log_ts ON logs.access_log (ts);
CREATE STATISTICS logs.by_hour ON (date_trunc('hour', ts AT TIME ZONE 'UTC')), status FROM logs.access_log;
CREATE FUNCTION logs.errors(since timestamptz, lowest logs.level DEFAULT 'error') RETURNS SETOF logs.app_log LANGUAGE sql STABLE AS $$ SELECT * FROM logs.app_log WHERE level >= lowest AND ts > since $$;
CREATE PROCEDURE logs.purge(days int, INOUT deleted bigint DEFAULT NULL) LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM logs.app_log WHERE ts < now() - days * interval '1 day';
  GET DIAGNOSTICS deleted = ROW_COUNT;
  COMMIT;
END $$;
