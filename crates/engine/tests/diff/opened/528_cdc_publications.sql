-- old
CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL, region text NOT NULL, ssn text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, placed timestamptz NOT NULL, total numeric(10,2));
CREATE TABLE order_lines (order_id bigint NOT NULL REFERENCES orders, line int NOT NULL, sku text, qty int, PRIMARY KEY (order_id, line));
CREATE TABLE sessions (token text, customer_id bigint, seen timestamptz);
ALTER TABLE sessions REPLICA IDENTITY FULL;
CREATE PUBLICATION dwh FOR TABLE customers, orders, order_lines;
CREATE PUBLICATION everything FOR ALL TABLES WITH (publish = 'insert');
-- new
CREATE SCHEMA web;
CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL, region text NOT NULL, ssn_hash bytea);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, placed timestamptz NOT NULL, total numeric(10,2), status text NOT NULL DEFAULT 'new');
CREATE TABLE order_lines (order_id bigint NOT NULL REFERENCES orders, line int NOT NULL, sku text, qty int, PRIMARY KEY (order_id, line));
CREATE TABLE web.sessions (token text NOT NULL, customer_id bigint, seen timestamptz);
CREATE UNIQUE INDEX sessions_token ON web.sessions (token);
ALTER TABLE web.sessions REPLICA IDENTITY USING INDEX sessions_token;
CREATE PUBLICATION dwh FOR TABLE customers (id, email, region), orders WHERE (status <> 'draft'), order_lines WITH (publish = 'insert, update, delete');
CREATE PUBLICATION web FOR TABLES IN SCHEMA web WITH (publish_via_partition_root = true);
