-- old
CREATE SCHEMA audit;
CREATE TABLE audit.log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    who text NOT NULL DEFAULT CURRENT_USER,
    tbl regclass NOT NULL,
    op "char" NOT NULL,
    old_row json,
    new_row json
);
CREATE FUNCTION audit.record() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    AS $$
BEGIN
    INSERT INTO audit.log (tbl, op, old_row, new_row)
    VALUES (TG_RELID, left(TG_OP, 1)::"char", row_to_json(OLD), row_to_json(NEW));
    RETURN NULL;
END $$;
CREATE TABLE customers (id int PRIMARY KEY, name text);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers, total numeric);
CREATE TRIGGER audit_customers AFTER INSERT OR UPDATE OR DELETE ON customers
    FOR EACH ROW EXECUTE FUNCTION audit.record();
CREATE TRIGGER audit_orders AFTER INSERT OR UPDATE OR DELETE ON orders
    FOR EACH ROW EXECUTE FUNCTION audit.record();
-- new
CREATE SCHEMA audit;
CREATE TABLE audit.log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    who text NOT NULL DEFAULT CURRENT_USER,
    tbl regclass NOT NULL,
    op "char" NOT NULL,
    old_row jsonb,
    new_row jsonb,
    txid bigint NOT NULL DEFAULT txid_current()
);
CREATE FUNCTION audit.record() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = audit, pg_temp
    AS $$
BEGIN
    INSERT INTO log (tbl, op, old_row, new_row)
    VALUES (TG_RELID, left(TG_OP, 1)::"char", to_jsonb(OLD), to_jsonb(NEW));
    RETURN NULL;
END $$;
CREATE TABLE customers (id int PRIMARY KEY, name text);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers, total numeric);
CREATE TRIGGER audit_customers AFTER INSERT OR UPDATE OR DELETE ON customers
    FOR EACH ROW EXECUTE FUNCTION audit.record();
CREATE TRIGGER audit_orders AFTER DELETE OR UPDATE OF total, customer_id ON orders
    FOR EACH ROW EXECUTE FUNCTION audit.record();
ALTER TABLE orders ENABLE ALWAYS TRIGGER audit_orders;
CREATE INDEX log_new_row ON audit.log USING gin (new_row jsonb_path_ops);
