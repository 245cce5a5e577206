-- old
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY,
    placed_on date NOT NULL,
    total numeric(12,2) NOT NULL CHECK (total >= 0),
    PRIMARY KEY (id)
);
CREATE INDEX orders_placed ON orders (placed_on);
CREATE TABLE order_lines (order_id bigint NOT NULL REFERENCES orders, line int, sku text, PRIMARY KEY (order_id, line));
CREATE VIEW daily AS SELECT placed_on, sum(total) AS total FROM orders GROUP BY placed_on;
COMMENT ON TABLE orders IS 'Orders';
GRANT SELECT ON orders, daily TO app_reader;
-- new
CREATE SEQUENCE orders_id_seq;
CREATE TABLE orders (
    id bigint NOT NULL DEFAULT nextval('orders_id_seq'),
    placed_on date NOT NULL,
    total numeric(12,2) NOT NULL CHECK (total >= 0),
    PRIMARY KEY (id, placed_on)
) PARTITION BY RANGE (placed_on);
ALTER SEQUENCE orders_id_seq OWNED BY orders.id;
CREATE TABLE orders_2023 PARTITION OF orders FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE orders_2024 PARTITION OF orders FOR VALUES FROM ('2024-01-01') TO (MAXVALUE);
CREATE INDEX orders_placed ON orders (placed_on);
CREATE TABLE order_lines (order_id bigint NOT NULL, placed_on date NOT NULL, line int, sku text, PRIMARY KEY (order_id, line),
    FOREIGN KEY (order_id, placed_on) REFERENCES orders (id, placed_on));
CREATE VIEW daily AS SELECT placed_on, sum(total) AS total FROM orders GROUP BY placed_on;
COMMENT ON TABLE orders IS 'Orders';
GRANT SELECT ON orders, daily TO app_reader;
