-- old
CREATE TYPE order_status AS ENUM ('new', 'paid', 'sent', 'returned');
CREATE TABLE orders (
    id bigserial PRIMARY KEY,
    status order_status NOT NULL DEFAULT 'new'
);
CREATE INDEX orders_unsent ON orders (id) WHERE status = 'paid';
CREATE FUNCTION is_final(s order_status) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT s IN ('sent', 'returned') $$;
CREATE VIEW open_orders AS SELECT id, status FROM orders WHERE NOT is_final(status);
CREATE CAST (order_status AS integer) WITH INOUT;
-- new
CREATE TABLE order_statuses (code text PRIMARY KEY, sort smallint NOT NULL UNIQUE, final boolean NOT NULL DEFAULT false);
CREATE TABLE orders (
    id bigserial PRIMARY KEY,
    status text NOT NULL DEFAULT 'new' REFERENCES order_statuses ON UPDATE CASCADE
);
CREATE INDEX orders_unsent ON orders (id) WHERE status = 'paid';
CREATE FUNCTION is_final(s text) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT final FROM order_statuses WHERE code = s $$;
CREATE VIEW open_orders AS SELECT id, status FROM orders WHERE NOT is_final(status);
CREATE VIEW order_status_counts AS SELECT s.code, count(o.id) FROM order_statuses s LEFT JOIN orders o ON o.status = s.code GROUP BY s.code, s.sort ORDER BY s.sort;
