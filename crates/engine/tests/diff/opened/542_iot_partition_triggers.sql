-- old
CREATE SCHEMA iot;
CREATE TABLE iot.device (id bigint PRIMARY KEY, kind text NOT NULL, firmware text);
CREATE TABLE iot.event (id bigint NOT NULL, device_id bigint NOT NULL, ts timestamptz NOT NULL, payload json) PARTITION BY RANGE (ts);
ALTER TABLE iot.event ADD CONSTRAINT event_pk PRIMARY KEY (id, ts);
CREATE TABLE iot.event_h1 (id bigint NOT NULL, device_id bigint NOT NULL, ts timestamptz NOT NULL, payload json);
ALTER TABLE iot.event ATTACH PARTITION iot.event_h1 FOR VALUES FROM ('2025-01-01 00:00+00') TO ('2025-07-01 00:00+00');
CREATE TABLE iot.event_h2 PARTITION OF iot.event FOR VALUES FROM ('2025-07-01 00:00+00') TO ('2026-01-01 00:00+00');
CREATE FUNCTION iot.stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.ts := coalesce(NEW.ts, now()); RETURN NEW; END $$;
CREATE TRIGGER stamp BEFORE INSERT ON iot.event FOR EACH ROW EXECUTE FUNCTION iot.stamp();
CREATE INDEX event_device ON iot.event (device_id);
-- new
CREATE SCHEMA iot;
CREATE SCHEMA iot_archive;
CREATE TABLE iot.device (id bigint PRIMARY KEY, kind text NOT NULL, firmware text, last_seen timestamptz);
CREATE TABLE iot.event (id bigint NOT NULL, device_id bigint NOT NULL, ts timestamptz NOT NULL, payload jsonb) PARTITION BY RANGE (ts);
ALTER TABLE iot.event ADD CONSTRAINT event_pk PRIMARY KEY (id, ts);
ALTER TABLE iot.event ADD CONSTRAINT event_device_fk FOREIGN KEY (device_id) REFERENCES iot.device ON DELETE CASCADE;
CREATE TABLE iot_archive.event_h1 (id bigint NOT NULL, device_id bigint NOT NULL, ts timestamptz NOT NULL, payload jsonb, CONSTRAINT event_h1_pkey PRIMARY KEY (id, ts), CHECK (ts < '2025-07-01 00:00+00'));
CREATE TABLE iot.event_h2 PARTITION OF iot.event FOR VALUES FROM ('2025-07-01 00:00+00') TO ('2026-01-01 00:00+00');
CREATE TABLE iot.event_2026 PARTITION OF iot.event FOR VALUES FROM ('2026-01-01 00:00+00') TO (MAXVALUE);
ALTER TABLE iot.event_2026 ALTER COLUMN payload SET DEFAULT '{}'::jsonb;
CREATE FUNCTION iot.seen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE iot.device SET last_seen = NEW.ts WHERE id = NEW.device_id; RETURN NULL; END $$;
CREATE TRIGGER seen AFTER INSERT ON iot.event FOR EACH ROW EXECUTE FUNCTION iot.seen();
ALTER TABLE iot.event_h2 DISABLE TRIGGER seen;
CREATE INDEX event_device ON iot.event (device_id, ts);
