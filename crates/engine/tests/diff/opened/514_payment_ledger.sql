-- old
CREATE SCHEMA ledger AUTHORIZATION app_owner;
CREATE DOMAIN ledger.amount AS numeric(18,2) NOT NULL DEFAULT 0;
CREATE TABLE ledger.account (
    account_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE,
    currency char(3) NOT NULL,
    balance ledger.amount
);
CREATE TABLE ledger.entry (
    entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES ledger.account,
    journal uuid NOT NULL,
    debit ledger.amount,
    credit ledger.amount,
    booked_at timestamptz NOT NULL DEFAULT now()
);
CREATE FUNCTION ledger.check_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(debit) - sum(credit) FROM ledger.entry WHERE journal = NEW.journal) <> 0 THEN
    RAISE EXCEPTION 'journal % is not balanced', NEW.journal;
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON ledger.entry DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger.check_balanced();
ALTER TABLE ledger.account OWNER TO app_owner;
ALTER TABLE ledger.entry OWNER TO app_owner;
GRANT INSERT, SELECT ON ledger.entry TO app_writer;
-- new
CREATE SCHEMA ledger AUTHORIZATION app_owner;
CREATE DOMAIN ledger.amount AS numeric(20,4) DEFAULT 0 CONSTRAINT not_neg CHECK (VALUE >= 0);
CREATE DOMAIN ledger.currency AS char(3) CHECK (VALUE ~ '^[A-Z]{3}$');
CREATE TABLE ledger.account (
    account_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE,
    currency ledger.currency NOT NULL,
    balance numeric(20,4) NOT NULL DEFAULT 0
);
CREATE TABLE ledger.entry (
    entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES ledger.account,
    journal uuid NOT NULL,
    debit ledger.amount NOT NULL,
    credit ledger.amount NOT NULL,
    booked_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT one_side CHECK ((debit = 0) <> (credit = 0))
);
CREATE FUNCTION ledger.check_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(debit) - sum(credit) FROM ledger.entry WHERE journal = coalesce(NEW.journal, OLD.journal)) <> 0 THEN
    RAISE EXCEPTION 'journal % is not balanced', coalesce(NEW.journal, OLD.journal);
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT OR DELETE OR UPDATE ON ledger.entry DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger.check_balanced();
ALTER TABLE ledger.account OWNER TO app_owner;
ALTER TABLE ledger.entry OWNER TO app_owner;
ALTER FUNCTION ledger.check_balanced() OWNER TO app_owner;
GRANT USAGE ON SCHEMA ledger TO app_writer, app_reader;
GRANT INSERT, SELECT ON ledger.entry TO app_writer;
GRANT SELECT ON ledger.account, ledger.entry TO app_reader;
