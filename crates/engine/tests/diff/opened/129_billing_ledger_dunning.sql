-- old
CREATE SCHEMA ar;
CREATE TABLE ar.customers (id int PRIMARY KEY, name text NOT NULL, terms_days int NOT NULL DEFAULT 14);
CREATE TABLE ar.invoices (
    id int PRIMARY KEY,
    customer_id int NOT NULL,
    issued date NOT NULL,
    due date NOT NULL,
    paid_on date,
    CONSTRAINT invoice_customer FOREIGN KEY (customer_id) REFERENCES ar.customers
);
CREATE VIEW ar.overdue AS SELECT i.id, c.name, i.due, CURRENT_DATE - i.due AS days FROM ar.invoices i JOIN ar.customers c ON c.id = i.customer_id WHERE paid_on IS NULL AND due < CURRENT_DATE;
CREATE FUNCTION ar.dunning_level(days int) RETURNS int LANGUAGE sql IMMUTABLE
    AS $$ SELECT CASE WHEN days > 30 THEN 2 WHEN days > 0 THEN 1 ELSE 0 END $$;
CREATE VIEW ar.dunning AS SELECT o.*, ar.dunning_level(o.days) AS level FROM ar.overdue o;
CREATE INDEX invoices_due ON ar.invoices (due) WHERE paid_on IS NULL;
COMMENT ON VIEW ar.dunning IS 'Letters to send';
COMMENT ON COLUMN ar.invoices.due IS 'Payable by';
GRANT SELECT ON ar.dunning TO app_reader;
-- new
CREATE SCHEMA ar;
CREATE TABLE ar.customers (id int PRIMARY KEY, name text NOT NULL, terms_days int NOT NULL DEFAULT 14);
CREATE TABLE ar.invoices (
    id int PRIMARY KEY,
    customer_id int NOT NULL,
    issued date NOT NULL,
    due date GENERATED ALWAYS AS (issued + terms_days) STORED,
    terms_days int NOT NULL DEFAULT 14,
    paid_on date,
    CONSTRAINT invoice_customer FOREIGN KEY (customer_id) REFERENCES ar.customers
);
CREATE VIEW ar.overdue AS SELECT i.id, c.name, i.due, CURRENT_DATE - i.due AS days FROM ar.invoices i JOIN ar.customers c ON c.id = i.customer_id WHERE paid_on IS NULL AND due < CURRENT_DATE;
CREATE FUNCTION ar.dunning_level(days int) RETURNS int LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN days > 60 THEN 3 WHEN days > 30 THEN 2 WHEN days > 0 THEN 1 ELSE 0 END;
CREATE VIEW ar.dunning AS SELECT o.*, ar.dunning_level(o.days) AS level FROM ar.overdue o;
CREATE INDEX invoices_due ON ar.invoices (due) WHERE paid_on IS NULL;
COMMENT ON VIEW ar.dunning IS 'Letters to send';
COMMENT ON COLUMN ar.invoices.due IS 'Payable by';
GRANT SELECT ON ar.dunning TO app_reader;
