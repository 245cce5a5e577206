-- old
CREATE SCHEMA billing;
CREATE SEQUENCE billing.invoice_no START WITH 1000 INCREMENT BY 1;
CREATE FUNCTION billing.next_invoice_no() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN 'INV-' || nextval('billing.invoice_no');
END $$;
CREATE FUNCTION billing.valid_no(n text) RETURNS boolean LANGUAGE sql IMMUTABLE
    AS $$ SELECT n ~ '^INV-[0-9]+$' $$;
CREATE TABLE billing.invoices (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    number text NOT NULL DEFAULT billing.next_invoice_no() UNIQUE,
    total numeric(12,2) NOT NULL,
    issued_on date NOT NULL DEFAULT CURRENT_DATE,
    CONSTRAINT number_format CHECK (billing.valid_no(number))
);
CREATE FUNCTION billing.freeze() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT billing.valid_no(NEW.number) THEN RAISE EXCEPTION 'bad number %', NEW.number; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER freeze_number BEFORE UPDATE OF number ON billing.invoices
    FOR EACH ROW EXECUTE FUNCTION billing.freeze();
GRANT USAGE ON SCHEMA billing TO app_writer;
GRANT USAGE ON SEQUENCE billing.invoice_no TO app_writer;
-- new
CREATE SCHEMA billing;
CREATE SEQUENCE billing.invoice_no START WITH 1000 INCREMENT BY 1;
CREATE FUNCTION billing.next_invoice_no(prefix text DEFAULT 'INV') RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN prefix || '-' || lpad(nextval('billing.invoice_no')::text, 8, '0');
END $$;
CREATE FUNCTION billing.valid_no(n text) RETURNS boolean LANGUAGE sql IMMUTABLE
    AS $$ SELECT n ~ '^[A-Z]+-[0-9]{8}$' $$;
CREATE TABLE billing.invoices (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    number text NOT NULL DEFAULT billing.next_invoice_no() UNIQUE,
    total numeric(12,2) NOT NULL,
    issued_on date NOT NULL DEFAULT CURRENT_DATE,
    CONSTRAINT number_format CHECK (billing.valid_no(number))
);
CREATE FUNCTION billing.freeze() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT billing.valid_no(NEW.number) THEN RAISE EXCEPTION 'bad number %', NEW.number; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER freeze_number BEFORE UPDATE OF number ON billing.invoices
    FOR EACH ROW EXECUTE FUNCTION billing.freeze();
GRANT USAGE ON SCHEMA billing TO app_writer;
GRANT USAGE ON SEQUENCE billing.invoice_no TO app_writer;
