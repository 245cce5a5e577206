-- old
CREATE TABLE accounts (id int PRIMARY KEY, email text, region text NOT NULL);
CREATE TABLE events (id bigserial PRIMARY KEY, account_id int REFERENCES accounts, kind text, data jsonb, at timestamptz DEFAULT now());
CREATE TABLE sessions (token uuid PRIMARY KEY, account_id int);
ALTER TABLE events REPLICA IDENTITY FULL;
CREATE PUBLICATION dwh_pub FOR TABLE accounts, events WITH (publish = 'insert, update');
CREATE PUBLICATION all_pub FOR ALL TABLES;
CREATE INDEX events_data ON events USING gin (data);
CREATE VIEW recent_events AS SELECT * FROM events WHERE at > now() - interval '1 day';
-- new
CREATE SCHEMA cdc;
CREATE TABLE accounts (id bigint PRIMARY KEY, email text, region text NOT NULL, secret text);
CREATE TABLE events (id bigserial, account_id bigint NOT NULL REFERENCES accounts, kind text NOT NULL, data jsonb, at timestamptz DEFAULT now() NOT NULL, CONSTRAINT events_pkey PRIMARY KEY (id));
CREATE UNIQUE INDEX events_acc_id ON events (account_id, id);
ALTER TABLE events REPLICA IDENTITY USING INDEX events_acc_id;
CREATE TABLE cdc.outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, topic text NOT NULL, payload jsonb NOT NULL);
CREATE PUBLICATION dwh_pub FOR TABLE accounts (id, region) WHERE (region <> 'test'), events WITH (publish = 'insert, update, delete, truncate');
CREATE PUBLICATION cdc_pub FOR TABLES IN SCHEMA cdc WITH (publish_via_partition_root = true);
COMMENT ON PUBLICATION cdc_pub IS 'debezium';
ALTER PUBLICATION cdc_pub OWNER TO CURRENT_USER;
CREATE INDEX events_data ON events USING gin (data jsonb_path_ops);
CREATE VIEW recent_events AS SELECT * FROM events WHERE at > now() - interval '7 days';
