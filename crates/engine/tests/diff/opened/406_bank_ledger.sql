-- old
CREATE DOMAIN currency_code AS char(3) CHECK (VALUE ~ '^[A-Z]{3}$');
CREATE DOMAIN amount AS numeric(12,2) DEFAULT 0 NOT NULL;
CREATE TABLE account (
  account_no varchar(20) PRIMARY KEY,
  holder text NOT NULL,
  ccy currency_code NOT NULL,
  balance amount
);
CREATE TABLE entry (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  debit varchar(20) NOT NULL REFERENCES account,
  credit varchar(20) NOT NULL REFERENCES account,
  amt amount CHECK (amt > 0),
  booked_at timestamptz DEFAULT now()
);
CREATE FUNCTION apply_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE account SET balance = balance - NEW.amt WHERE account_no = NEW.debit;
  UPDATE account SET balance = balance + NEW.amt WHERE account_no = NEW.credit;
  RETURN NEW;
END $$;
CREATE TRIGGER entry_apply BEFORE INSERT ON entry FOR EACH ROW EXECUTE PROCEDURE apply_entry();
CREATE PROCEDURE transfer(a varchar, b varchar, x numeric) LANGUAGE sql AS $$ INSERT INTO entry(debit, credit, amt) VALUES (a, b, x) $$;
GRANT SELECT ON account, entry TO app_reader;
GRANT EXECUTE ON PROCEDURE transfer TO app_writer;
-- new
CREATE DOMAIN currency_code AS char(3) CHECK (VALUE ~ '^[A-Z]{3}$');
CREATE DOMAIN amount AS numeric(18,4) DEFAULT 0 NOT NULL;
CREATE TABLE account (
  account_no varchar(20) PRIMARY KEY,
  holder text NOT NULL,
  ccy currency_code NOT NULL,
  balance amount
);
CREATE TABLE entry (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  debit varchar(20) NOT NULL REFERENCES account,
  credit varchar(20) NOT NULL REFERENCES account,
  amt amount CHECK (amt > 0),
  booked_at timestamptz DEFAULT now(),
  memo text
);
CREATE FUNCTION apply_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE account SET balance = balance - NEW.amt WHERE account_no = NEW.debit;
  UPDATE account SET balance = balance + NEW.amt WHERE account_no = NEW.credit;
  RETURN NEW;
END $$;
CREATE CONSTRAINT TRIGGER entry_apply AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION apply_entry();
CREATE PROCEDURE transfer(a varchar, b varchar, x numeric) LANGUAGE sql AS $$ INSERT INTO entry(debit, credit, amt) VALUES (a, b, x) $$;
CREATE VIEW statement AS
  SELECT account_no, e.id, e.booked_at, CASE WHEN e.debit = a.account_no THEN -e.amt ELSE e.amt::numeric END AS delta,
    sum(CASE WHEN e.debit = a.account_no THEN -e.amt ELSE e.amt::numeric END) OVER (PARTITION BY a.account_no ORDER BY e.id) AS running
  FROM account a JOIN entry e ON a.account_no IN (e.debit, e.credit);
GRANT SELECT ON account, statement TO app_reader;
GRANT SELECT (id, amt, booked_at) ON entry TO app_reader;
REVOKE ALL ON PROCEDURE transfer FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE transfer TO app_writer;
