-- old
CREATE TABLE customers (
    id bigserial PRIMARY KEY,
    name text NOT NULL,
    ship_street text, ship_city text, ship_zip text,
    bill_street text, bill_city text, bill_zip text
);
CREATE INDEX customers_ship_zip ON customers (ship_zip);
CREATE TABLE orders (id bigserial PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers);
CREATE VIEW shipping_labels AS
    SELECT o.id, c.name, c.ship_street AS street, c.ship_city AS city, c.ship_zip AS zip
    FROM orders o JOIN customers c ON c.id = o.customer_id;
GRANT SELECT ON shipping_labels TO app_reader;
-- new
CREATE TYPE address_kind AS ENUM ('shipping', 'billing');
CREATE TABLE customers (
    id bigserial PRIMARY KEY,
    name text NOT NULL
);
CREATE TABLE addresses (
    id bigserial PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers ON DELETE CASCADE,
    kind address_kind NOT NULL DEFAULT 'shipping',
    street text NOT NULL, city text NOT NULL, zip text NOT NULL,
    UNIQUE (customer_id, kind)
);
CREATE INDEX addresses_zip ON addresses (zip);
CREATE TABLE orders (id bigserial PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, address_id bigint REFERENCES addresses);
CREATE VIEW shipping_labels AS
    SELECT o.id, c.name, a.street, a.city, a.zip
    FROM orders o JOIN customers c ON c.id = o.customer_id LEFT JOIN addresses a ON a.id = o.address_id;
GRANT SELECT ON shipping_labels TO app_reader;
