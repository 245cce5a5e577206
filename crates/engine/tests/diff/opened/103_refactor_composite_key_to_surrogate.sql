-- old
CREATE TABLE warehouses (
    country char(2) NOT NULL,
    no integer NOT NULL,
    name text,
    PRIMARY KEY (country, no)
);
CREATE TABLE bins (
    country char(2), wh_no integer,
    code text NOT NULL,
    PRIMARY KEY (country, wh_no, code),
    CONSTRAINT bins_warehouse FOREIGN KEY (country, wh_no) REFERENCES warehouses ON UPDATE CASCADE
);
CREATE TABLE stock (
    country char(2), wh_no integer, code text, sku text, qty integer NOT NULL DEFAULT 0,
    PRIMARY KEY (country, wh_no, code, sku),
    FOREIGN KEY (country, wh_no, code) REFERENCES bins
);
CREATE VIEW stock_by_country AS SELECT country, sku, sum(qty) AS qty FROM stock GROUP BY country, sku;
GRANT SELECT ON stock_by_country TO app_reader;
-- new
CREATE TABLE warehouses (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    country char(2) NOT NULL,
    no integer NOT NULL,
    name text,
    CONSTRAINT warehouses_natural UNIQUE (country, no)
);
CREATE TABLE bins (
    warehouse_id integer NOT NULL,
    code text NOT NULL,
    PRIMARY KEY (warehouse_id, code),
    CONSTRAINT bins_warehouse FOREIGN KEY (warehouse_id) REFERENCES warehouses
);
CREATE TABLE stock (
    warehouse_id integer, code text, sku text, qty integer NOT NULL DEFAULT 0,
    PRIMARY KEY (warehouse_id, code, sku),
    FOREIGN KEY (warehouse_id, code) REFERENCES bins
);
CREATE VIEW stock_by_country AS SELECT w.country, s.sku, sum(s.qty) AS qty FROM stock s JOIN warehouses w ON w.id = s.warehouse_id GROUP BY w.country, s.sku;
GRANT SELECT ON stock_by_country TO app_reader;
