-- old
CREATE TABLE accounts (id uuid PRIMARY KEY, owner text NOT NULL, balance numeric(18,2) NOT NULL DEFAULT 0 CHECK (balance >= 0), updated timestamptz);
CREATE TABLE transfers (id bigserial PRIMARY KEY, from_id uuid REFERENCES accounts, to_id uuid REFERENCES accounts, amount numeric(18,2) NOT NULL, CHECK (from_id <> to_id));
CREATE VIEW rich AS SELECT id, owner FROM accounts WHERE balance > 1000000;
CREATE FUNCTION apply() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE accounts SET balance = balance - NEW.amount WHERE id = NEW.from_id;
    UPDATE accounts SET balance = balance + NEW.amount WHERE id = NEW.to_id;
    RETURN NEW;
END $$;
CREATE TRIGGER apply AFTER INSERT ON transfers FOR EACH ROW EXECUTE FUNCTION apply();
GRANT SELECT ON rich TO app_reader;
-- new
CREATE TYPE event_kind AS ENUM ('opened', 'deposited', 'withdrawn', 'closed');
CREATE TABLE streams (id uuid PRIMARY KEY, version int NOT NULL DEFAULT 0);
CREATE TABLE events (
    stream_id uuid NOT NULL REFERENCES streams,
    version int NOT NULL CHECK (version > 0),
    kind event_kind NOT NULL,
    data jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (stream_id, version)
);
CREATE INDEX events_at ON events USING brin (at);
CREATE RULE events_immutable_u AS ON UPDATE TO events DO INSTEAD NOTHING;
CREATE RULE events_immutable_d AS ON DELETE TO events DO INSTEAD NOTHING;
CREATE FUNCTION signed(k event_kind, d jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT (d ->> 'amount')::numeric * CASE k WHEN 'deposited' THEN 1 WHEN 'withdrawn' THEN -1 ELSE 0 END $$;
CREATE VIEW accounts AS SELECT stream_id AS id, max(data ->> 'owner') FILTER (WHERE kind = 'opened') AS owner, coalesce(sum(signed(kind, data)), 0)::numeric(18,2) AS balance FROM events GROUP BY stream_id;
CREATE VIEW rich AS SELECT id, owner FROM accounts WHERE balance > 1000000;
GRANT SELECT ON rich TO app_reader;
