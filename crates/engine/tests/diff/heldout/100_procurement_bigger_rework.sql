-- old
CREATE SCHEMA proc;
CREATE TYPE proc.state AS ENUM ('draft', 'sent', 'closed');
CREATE TABLE proc.suppliers (
    id bigserial PRIMARY KEY,
    name text NOT NULL,
    country text
);
CREATE TABLE proc.purchase_orders (
    id bigserial PRIMARY KEY,
    supplier bigint REFERENCES proc.suppliers,
    state proc.state NOT NULL DEFAULT 'draft',
    note text
);
CREATE TABLE proc.lines (po bigint NOT NULL REFERENCES proc.purchase_orders ON DELETE CASCADE, n int, what text, cents int, PRIMARY KEY (po, n));
CREATE VIEW proc.open_orders AS SELECT o.id, s.name FROM proc.purchase_orders o JOIN proc.suppliers s ON s.id = o.supplier WHERE o.state <> 'closed';
GRANT USAGE ON SCHEMA proc TO app_reader;
GRANT SELECT ON proc.open_orders TO app_reader;
-- new
CREATE SCHEMA proc;
CREATE TYPE proc.order_state AS ENUM ('draft', 'approved', 'sent', 'closed');
CREATE TABLE proc.suppliers (
    id bigserial PRIMARY KEY,
    name text NOT NULL,
    country char(2) NOT NULL DEFAULT 'DE',
    CONSTRAINT supplier_name UNIQUE (name, country)
);
CREATE TABLE proc.orders (
    id bigserial PRIMARY KEY,
    supplier_id bigint NOT NULL REFERENCES proc.suppliers,
    state proc.order_state NOT NULL DEFAULT 'draft',
    approved_by text,
    CONSTRAINT approval CHECK (state IN ('draft') OR approved_by IS NOT NULL)
);
CREATE TABLE proc.order_lines (order_id bigint NOT NULL REFERENCES proc.orders ON DELETE CASCADE, n smallint, what text NOT NULL, price numeric(12,2), PRIMARY KEY (order_id, n));
CREATE VIEW proc.open_orders AS SELECT o.id, s.name, s.country FROM proc.orders o JOIN proc.suppliers s ON s.id = o.supplier_id WHERE o.state <> 'closed';
GRANT USAGE ON SCHEMA proc TO app_reader;
GRANT SELECT ON proc.open_orders TO app_reader;
