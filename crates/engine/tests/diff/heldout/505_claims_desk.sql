-- old
CREATE TABLE policy_holder (
    holder_id numeric(10) NOT NULL,
    full_name varchar(120) NOT NULL,
    CONSTRAINT pk_holder PRIMARY KEY (holder_id)
);
CREATE TABLE claim (
    claim_id numeric(12) NOT NULL,
    holder_id numeric(10) NOT NULL,
    loss_date date NOT NULL,
    amount numeric(14,2) DEFAULT 0 NOT NULL,
    status char(1) DEFAULT 'O' NOT NULL,
    CONSTRAINT pk_claim PRIMARY KEY (claim_id),
    CONSTRAINT fk_claim_holder FOREIGN KEY (holder_id) REFERENCES policy_holder (holder_id)
);
CREATE SEQUENCE seq_claim START WITH 1000 INCREMENT BY 1 CACHE 1;
CREATE TABLE claim_log (
    log_ts timestamp DEFAULT current_timestamp NOT NULL,
    claim_id numeric(12) NOT NULL,
    old_status char(1),
    new_status char(1),
    usr name DEFAULT current_user
);
CREATE FUNCTION trg_claim_id() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.claim_id IS NULL THEN NEW.claim_id := nextval('seq_claim'); END IF;
    RETURN NEW;
END;
$$;
CREATE FUNCTION trg_claim_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO claim_log (claim_id, old_status, new_status) VALUES (NEW.claim_id, OLD.status, NEW.status);
    RETURN NULL;
END;
$$;
CREATE TRIGGER claim_bi BEFORE INSERT ON claim FOR EACH ROW EXECUTE PROCEDURE trg_claim_id();
CREATE TRIGGER claim_au AFTER UPDATE ON claim FOR EACH ROW EXECUTE PROCEDURE trg_claim_log();
CREATE PROCEDURE close_claim(p_id numeric) LANGUAGE plpgsql AS $$
BEGIN
    UPDATE claim SET status = 'C' WHERE claim_id = p_id;
END;
$$;
COMMENT ON SEQUENCE seq_claim IS 'claim numbers';
-- new
CREATE TABLE policy_holder (
    holder_id bigint NOT NULL,
    full_name varchar(120) NOT NULL,
    CONSTRAINT pk_holder PRIMARY KEY (holder_id)
);
CREATE TABLE claim (
    claim_id bigint NOT NULL,
    holder_id bigint NOT NULL,
    loss_date date NOT NULL,
    amount numeric(14,2) DEFAULT 0 NOT NULL,
    status char(1) DEFAULT 'O' NOT NULL,
    CONSTRAINT pk_claim PRIMARY KEY (claim_id),
    CONSTRAINT ck_claim_status CHECK (status IN ('O', 'P', 'C', 'R')),
    CONSTRAINT fk_claim_holder FOREIGN KEY (holder_id) REFERENCES policy_holder (holder_id) DEFERRABLE INITIALLY DEFERRED
);
CREATE SEQUENCE seq_claim START WITH 1000 INCREMENT BY 1 CACHE 1;
CREATE TABLE claim_log (
    log_ts timestamp DEFAULT current_timestamp NOT NULL,
    claim_id bigint NOT NULL,
    old_status char(1),
    new_status char(1),
    usr name DEFAULT current_user
);
CREATE INDEX ix_claim_log ON claim_log (claim_id, log_ts);
CREATE FUNCTION trg_claim_id() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.claim_id IS NULL THEN NEW.claim_id := nextval('seq_claim'); END IF;
    RETURN NEW;
END;
$$;
CREATE FUNCTION trg_claim_log() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO claim_log (claim_id, old_status, new_status) VALUES (NEW.claim_id, OLD.status, NEW.status);
    RETURN NULL;
END;
$$;
CREATE TRIGGER claim_bi BEFORE INSERT ON claim FOR EACH ROW EXECUTE PROCEDURE trg_claim_id();
CREATE TRIGGER claim_au AFTER UPDATE OF status ON claim FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE PROCEDURE trg_claim_log();
CREATE PROCEDURE close_claim(p_id bigint, p_reason text DEFAULT NULL) LANGUAGE plpgsql AS $$
BEGIN
    UPDATE claim SET status = CASE WHEN p_reason IS NULL THEN 'C' ELSE 'R' END WHERE claim_id = p_id;
END;
$$;
COMMENT ON SEQUENCE seq_claim IS 'claim numbers';
GRANT CREATE ON SCHEMA public TO app_owner;
