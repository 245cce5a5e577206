-- The tables that the rules' examples stand on. Tests run it before each example, and fill the tables.
CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL, name text, home text);
CREATE TABLE products (id bigint PRIMARY KEY, sku text, title text);
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    customer_id bigint,
    product_id bigint,
    status text,
    total integer,
    small_code varchar(20),
    note text,
    placed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX orders_status ON orders (status);
CREATE INDEX orders_code ON orders (lower(small_code));
CREATE TABLE invoices (
    id bigint PRIMARY KEY,
    order_id bigint CONSTRAINT invoices_order_id_fkey REFERENCES orders,
    amount integer CONSTRAINT invoices_amount_check CHECK (amount >= 0)
);
CREATE VIEW open_orders AS SELECT id, total FROM orders WHERE status = 'open';
CREATE MATERIALIZED VIEW order_counts AS SELECT status, count(*) FROM orders GROUP BY status;
CREATE UNIQUE INDEX order_counts_status ON order_counts (status);

CREATE TABLE events (id bigint NOT NULL, at date NOT NULL, kind text) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_2023 (LIKE events);
CREATE TABLE visits (id bigint NOT NULL, at date NOT NULL, order_id bigint) PARTITION BY RANGE (at);
CREATE TABLE visits_2025 PARTITION OF visits FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');

CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE DOMAIN label AS text;
CREATE TYPE address AS (street text);
CREATE TABLE homes OF address;
CREATE TABLE prices (id bigint PRIMARY KEY, amount positive, tag label);
CREATE SEQUENCE ticket_numbers;
CREATE TABLE tickets (id bigint PRIMARY KEY DEFAULT nextval('ticket_numbers'), mood mood);
