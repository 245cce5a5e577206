-- old
CREATE TABLE txn (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, booked date NOT NULL);
CREATE TABLE posting (
    txn_id bigint NOT NULL REFERENCES txn,
    line smallint NOT NULL,
    account text NOT NULL,
    cents bigint NOT NULL,
    PRIMARY KEY (txn_id, line)
);
CREATE FUNCTION check_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(cents) FROM posting WHERE txn_id = NEW.txn_id) <> 0 THEN
        RAISE EXCEPTION 'transaction % does not balance', NEW.txn_id;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON posting DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_balanced();
CREATE INDEX posting_account ON posting (account) INCLUDE (
    cents
);
-- new
CREATE TABLE txn (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, booked date NOT NULL);
CREATE TABLE posting (
    txn_id bigint NOT NULL REFERENCES txn,
    line smallint NOT NULL,
    account text NOT NULL,
    amount numeric(20,4) NOT NULL,
    PRIMARY KEY (txn_id, line)
);
CREATE FUNCTION check_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(amount) FROM posting WHERE txn_id = NEW.txn_id) <> 0 THEN
        RAISE EXCEPTION 'transaction % does not balance', NEW.txn_id;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT OR UPDATE OF amount ON posting FROM txn DEFERRABLE INITIALLY IMMEDIATE
    FOR EACH ROW WHEN (NEW.amount <> 0) EXECUTE FUNCTION check_balanced();
CREATE INDEX posting_account ON posting (account) INCLUDE (
    amount
);
