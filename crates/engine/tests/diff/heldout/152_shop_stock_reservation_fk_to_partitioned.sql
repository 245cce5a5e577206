-- old
CREATE TABLE items (
    shop int NOT NULL,
    sku text NOT NULL,
    PRIMARY KEY (shop, sku)
) PARTITION BY LIST (shop);
CREATE TABLE items_1 PARTITION OF items FOR VALUES IN (1);
CREATE TABLE items_2 PARTITION OF items FOR VALUES IN (2);
CREATE TABLE reservations (
    id bigserial,
    shop int NOT NULL,
    sku text NOT NULL,
    qty int NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
) PARTITION BY LIST (shop);
CREATE TABLE reservations_1 PARTITION OF reservations FOR VALUES IN (1);
CREATE TABLE reservations_2 PARTITION OF reservations FOR VALUES IN (2);
ALTER TABLE reservations_1 ADD CONSTRAINT res_item FOREIGN KEY (shop, sku) REFERENCES items_1 (shop, sku);
ALTER TABLE reservations_2 ADD CONSTRAINT res_qty CHECK (qty > 0);
CREATE INDEX reservations_until ON reservations (
    at
);
-- new
CREATE TABLE items (
    shop int NOT NULL,
    sku text NOT NULL,
    PRIMARY KEY (shop, sku)
) PARTITION BY LIST (shop);
CREATE TABLE items_1 PARTITION OF items FOR VALUES IN (1);
CREATE TABLE items_2 PARTITION OF items FOR VALUES IN (2);
CREATE TABLE reservations (
    id bigserial,
    shop int NOT NULL,
    sku text NOT NULL,
    qty int NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
    , until timestamptz
) PARTITION BY LIST (shop);
CREATE TABLE reservations_1 PARTITION OF reservations FOR VALUES IN (1);
CREATE TABLE reservations_2 PARTITION OF reservations FOR VALUES IN (2);
ALTER TABLE reservations ADD CONSTRAINT res_item FOREIGN KEY (shop, sku) REFERENCES items (shop, sku) ON DELETE CASCADE;
ALTER TABLE reservations ADD CONSTRAINT res_qty CHECK (qty BETWEEN 1 AND 99);
CREATE INDEX reservations_until ON reservations (
    until
);
