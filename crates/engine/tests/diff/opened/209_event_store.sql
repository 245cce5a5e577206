-- old
CREATE SCHEMA es;
CREATE TABLE es.streams (stream_id uuid PRIMARY KEY, stream_type text NOT NULL, version int NOT NULL DEFAULT 0);
CREATE TABLE es.events (
  seq bigserial PRIMARY KEY,
  stream_id uuid NOT NULL REFERENCES es.streams,
  version int NOT NULL,
  event_type text NOT NULL,
  payload json NOT NULL,
  metadata json,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT events_stream_version UNIQUE (stream_id, version)
);
CREATE FUNCTION es.append(p_stream uuid, p_type text, p_payload json, p_expected int) RETURNS bigint LANGUAGE plpgsql AS $fn$
DECLARE
  v int;
  s bigint;
BEGIN
  UPDATE es.streams SET version = version + 1 WHERE stream_id = p_stream AND version = p_expected RETURNING version INTO v;
  IF NOT FOUND THEN RAISE EXCEPTION 'concurrency'; END IF;
  INSERT INTO es.events (stream_id, version, event_type, payload) VALUES (p_stream, v, p_type, p_payload) RETURNING seq INTO s;
  RETURN s;
END $fn$;
CREATE FUNCTION es.notify() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify('events', NEW.seq::text); RETURN NULL; END $$;
CREATE TRIGGER events_notify AFTER INSERT ON es.events FOR EACH ROW EXECUTE FUNCTION es.notify();
CREATE RULE no_update AS ON UPDATE TO es.events DO INSTEAD NOTHING;
CREATE RULE no_delete AS ON DELETE TO es.events DO INSTEAD NOTHING;
CREATE VIEW es.last_events AS SELECT DISTINCT ON (stream_id) stream_id, seq, event_type, payload FROM es.events ORDER BY stream_id, version DESC;
GRANT USAGE ON SCHEMA es TO app_writer;
GRANT SELECT, INSERT ON es.events TO app_writer;
GRANT USAGE, SELECT ON SEQUENCE es.events_seq_seq TO app_writer;
-- new
CREATE SCHEMA es;
CREATE DOMAIN es.event_name AS text CHECK (VALUE ~ '^[a-z]+(\.[a-z]+)+$') NOT NULL;
CREATE TABLE es.streams (stream_id uuid PRIMARY KEY, stream_type es.event_name, version bigint NOT NULL DEFAULT 0, archived boolean NOT NULL DEFAULT false);
CREATE TABLE es.events (
  seq bigint GENERATED ALWAYS AS IDENTITY (CACHE 50),
  stream_id uuid NOT NULL REFERENCES es.streams DEFERRABLE,
  version bigint NOT NULL,
  event_type es.event_name,
  payload jsonb NOT NULL,
  metadata jsonb NOT NULL DEFAULT jsonb_build_object('v', 1),
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  causation bigint,
  CONSTRAINT events_pk PRIMARY KEY (seq, recorded_at)
) PARTITION BY RANGE (recorded_at);
CREATE TABLE es.events_2024 PARTITION OF es.events FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2025-01-01 00:00+00');
CREATE TABLE es.events_rest PARTITION OF es.events DEFAULT;
CREATE UNIQUE INDEX events_stream_version ON es.events (stream_id, version, recorded_at);
CREATE TABLE es.snapshots (stream_id uuid PRIMARY KEY REFERENCES es.streams ON DELETE CASCADE, version bigint NOT NULL, state jsonb COMPRESSION lz4);
CREATE TABLE es.subscriptions (name text PRIMARY KEY, position bigint NOT NULL DEFAULT 0 CHECK (position >= 0)) WITH (fillfactor = 50);
CREATE PROCEDURE es.append(p_stream uuid, p_type es.event_name, p_payload jsonb, p_expected bigint, INOUT p_seq bigint DEFAULT NULL) LANGUAGE plpgsql AS $fn$
DECLARE
  v bigint;
BEGIN
  UPDATE es.streams SET version = version + 1 WHERE stream_id = p_stream AND version = p_expected RETURNING version INTO v;
  IF NOT FOUND THEN RAISE EXCEPTION USING errcode = 'serialization_failure'; END IF;
  INSERT INTO es.events (stream_id, version, event_type, payload) VALUES (p_stream, v, p_type, p_payload) RETURNING seq INTO p_seq;
END $fn$;
CREATE FUNCTION es.deny() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'events are immutable (%)', TG_OP; END $$;
CREATE FUNCTION es.notify() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify(TG_ARGV[0], (SELECT max(seq)::text FROM fresh)); RETURN NULL; END $$;
CREATE TRIGGER events_notify AFTER INSERT ON es.events REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION es.notify('events_v2');
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE ON es.events FOR EACH ROW EXECUTE FUNCTION es.deny();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON es.events EXECUTE FUNCTION es.deny();
CREATE MATERIALIZED VIEW es.last_events AS SELECT DISTINCT ON (stream_id) stream_id, seq, event_type, payload FROM es.events ORDER BY stream_id, version DESC WITH NO DATA;
CREATE UNIQUE INDEX ON es.last_events (stream_id);
GRANT USAGE ON SCHEMA es TO app_writer, app_reader;
GRANT SELECT, INSERT ON es.events TO app_writer;
GRANT SELECT ON es.events, es.last_events TO app_reader;
GRANT EXECUTE ON PROCEDURE es.append(uuid, es.event_name, jsonb, bigint, bigint) TO app_writer;
