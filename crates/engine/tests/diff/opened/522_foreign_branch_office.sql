-- old
CREATE EXTENSION postgres_fdw;
CREATE SCHEMA remote;
CREATE SERVER lyon FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'lyon.intern', dbname 'erp', port '5432');
CREATE USER MAPPING FOR app_owner SERVER lyon OPTIONS (user 'link', password 'x');
CREATE FOREIGN TABLE remote.orders (order_no integer NOT NULL, customer text, total numeric(10,2)) SERVER lyon OPTIONS (schema_name 'public', table_name 'orders');
CREATE TABLE orders (order_no integer PRIMARY KEY, customer text, total numeric(10,2), branch text NOT NULL DEFAULT 'paris');
CREATE VIEW all_orders AS SELECT order_no, customer, total, branch FROM orders UNION ALL SELECT order_no, customer, total, 'lyon' FROM remote.orders;
GRANT SELECT ON all_orders TO app_reader;
-- new
CREATE EXTENSION postgres_fdw;
CREATE SCHEMA remote;
CREATE SERVER lyon FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'db2.lyon.intern', dbname 'erp', port '6432', fetch_size '5000');
CREATE SERVER nice FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'nice.intern', dbname 'erp');
CREATE USER MAPPING FOR app_owner SERVER lyon OPTIONS (user 'link2', password 'y');
CREATE USER MAPPING FOR PUBLIC SERVER nice OPTIONS (user 'ro');
CREATE FOREIGN TABLE remote.orders (order_no bigint NOT NULL, customer text OPTIONS (column_name 'cust_name'), total numeric(10,2), placed date) SERVER lyon OPTIONS (schema_name 'sales', table_name 'orders', use_remote_estimate 'true');
CREATE FOREIGN TABLE remote.orders_nice (order_no bigint NOT NULL, customer text, total numeric(10,2), placed date) SERVER nice OPTIONS (table_name 'orders');
CREATE TABLE orders (order_no bigint PRIMARY KEY, customer text, total numeric(10,2), placed date DEFAULT current_date, branch text NOT NULL DEFAULT 'paris');
CREATE VIEW all_orders AS SELECT order_no, customer, total, branch, placed FROM orders UNION ALL SELECT order_no, customer, total, 'lyon', placed FROM remote.orders UNION ALL SELECT order_no, customer, total, 'nice', placed FROM remote.orders_nice;
GRANT USAGE ON FOREIGN SERVER lyon, nice TO app_owner;
GRANT SELECT ON all_orders TO app_reader;
