-- old
CREATE DOMAIN policy_no AS varchar(12) CHECK (VALUE ~ '^P[0-9]+$');
CREATE DOMAIN pct AS numeric CHECK (VALUE >= 0) CHECK (VALUE <= 100);
CREATE TABLE holder (id int PRIMARY KEY, name text, birth date);
CREATE TABLE policy (no policy_no PRIMARY KEY, holder_id int REFERENCES holder, premium money, share pct DEFAULT 100, cover daterange);
CREATE TABLE claim (id serial PRIMARY KEY, policy policy_no REFERENCES policy, amount numeric, settled pct);
CREATE FUNCTION payout(a numeric, p pct) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT a * p / 100 $$;
CREATE VIEW claim_payout AS SELECT c.id, c.policy, payout(c.amount, c.settled) AS paid FROM claim c;
CREATE INDEX policy_cover ON policy USING gist (cover);
-- new
CREATE DOMAIN policy_no AS varchar(16) CHECK (VALUE ~ '^P[A-Z]?[0-9]+$');
COMMENT ON DOMAIN policy_no IS 'P + branch letter + number';
CREATE DOMAIN pct AS numeric(6,3) DEFAULT 0 NOT NULL CONSTRAINT pct_range CHECK (VALUE BETWEEN 0 AND 100);
CREATE DOMAIN pct_list AS pct[] CHECK (cardinality(VALUE) < 10);
CREATE TABLE holder (
  id int PRIMARY KEY,
  name text,
  birth date,
  CONSTRAINT adult CHECK (birth < '2010-01-01') NOT VALID
);
CREATE TABLE policy (
  no policy_no PRIMARY KEY,
  holder_id int REFERENCES holder,
  premium numeric(12,2),
  share pct DEFAULT 100,
  cover daterange
);
CREATE TABLE claim (
  id serial PRIMARY KEY,
  policy policy_no REFERENCES policy,
  amount numeric,
  settled pct,
  reported_at timestamptz NOT NULL DEFAULT now()
);
CREATE FUNCTION payout(a numeric, p pct) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT a * p / 100 $$;
CREATE VIEW claim_payout AS SELECT c.id, c.policy, payout(c.amount, c.settled) AS paid FROM claim c;
CREATE INDEX policy_cover ON policy USING gist (cover);
CREATE INDEX claim_open ON claim (policy, reported_at) WHERE settled < 100;
