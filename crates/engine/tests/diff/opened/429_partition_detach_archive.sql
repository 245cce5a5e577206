-- old
CREATE SCHEMA archive;
CREATE TABLE app_log (id bigserial, at timestamptz NOT NULL, level text NOT NULL, msg text, CONSTRAINT app_log_pk PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE app_log_y22 PARTITION OF app_log FOR VALUES FROM ('2022-01-01 00:00+00') TO ('2023-01-01 00:00+00');
CREATE TABLE app_log_y23 PARTITION OF app_log FOR VALUES FROM ('2023-01-01 00:00+00') TO ('2024-01-01 00:00+00');
CREATE TABLE app_log_y24 (at timestamptz NOT NULL, id bigint NOT NULL, level text NOT NULL, msg text);
ALTER TABLE app_log ATTACH PARTITION app_log_y24 FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2025-01-01 00:00+00');
CREATE INDEX app_log_level ON app_log (level, at);
CREATE FUNCTION trim_msg() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.msg := left(NEW.msg, 1000); RETURN NEW; END $$;
CREATE TRIGGER trim_msg BEFORE INSERT ON app_log FOR EACH ROW EXECUTE FUNCTION trim_msg();
CREATE VIEW errors AS SELECT * FROM app_log WHERE level = 'ERROR';
-- new
CREATE SCHEMA archive;
CREATE TABLE app_log (
  id bigserial,
  at timestamptz NOT NULL,
  level text NOT NULL,
  msg text,
  trace_id uuid,
  CONSTRAINT app_log_pk PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE archive.app_log_y22 (id bigint NOT NULL, at timestamptz NOT NULL, level text NOT NULL, msg text, CONSTRAINT app_log_y22_pkey PRIMARY KEY (id, at));
CREATE TABLE app_log_y23 PARTITION OF app_log FOR VALUES FROM ('2023-01-01 00:00+00') TO ('2024-01-01 00:00+00');
CREATE TABLE app_log_y24 PARTITION OF app_log FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2025-01-01 00:00+00') PARTITION BY RANGE (at);
CREATE TABLE app_log_y24_h1 PARTITION OF app_log_y24 FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2024-07-01 00:00+00');
CREATE TABLE app_log_y24_h2 PARTITION OF app_log_y24 FOR VALUES FROM ('2024-07-01 00:00+00') TO ('2025-01-01 00:00+00');
CREATE INDEX app_log_level ON app_log (level, at);
CREATE FUNCTION trim_msg() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.msg := left(NEW.msg, TG_ARGV[0]::int); RETURN NEW; END $$;
CREATE TRIGGER trim_msg BEFORE INSERT OR UPDATE ON app_log FOR EACH ROW EXECUTE FUNCTION trim_msg('4000');
CREATE VIEW errors AS SELECT id, at, msg, trace_id FROM app_log WHERE level IN ('ERROR', 'FATAL') UNION ALL SELECT id, at, msg, NULL FROM archive.app_log_y22 WHERE level = 'ERROR';
