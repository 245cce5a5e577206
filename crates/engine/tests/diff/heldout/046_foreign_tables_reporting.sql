-- old
CREATE EXTENSION postgres_fdw;
CREATE SERVER legacy FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'db1', dbname 'old');
CREATE USER MAPPING FOR app_reader SERVER legacy OPTIONS (user 'ro');
CREATE FOREIGN TABLE legacy_orders (
    id bigint NOT NULL,
    total double precision
) SERVER legacy OPTIONS (schema_name 'public', table_name 'orders');
CREATE VIEW big_legacy AS SELECT id, total FROM legacy_orders WHERE total > 1000;
GRANT SELECT ON legacy_orders TO app_reader;
-- new
CREATE EXTENSION postgres_fdw;
CREATE SERVER legacy FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'db2', dbname 'old', fetch_size '1000', use_remote_estimate 'true');
CREATE USER MAPPING FOR app_reader SERVER legacy OPTIONS (user 'reader');
CREATE USER MAPPING FOR PUBLIC SERVER legacy;
CREATE FOREIGN TABLE legacy_orders (
    id bigint NOT NULL,
    total numeric(12,2) OPTIONS (column_name 'amount'),
    placed date
) SERVER legacy OPTIONS (schema_name 'shop', table_name 'orders', fetch_size '50');
CREATE VIEW big_legacy AS SELECT id, total FROM legacy_orders WHERE total > 1000;
GRANT SELECT ON legacy_orders TO app_reader;
GRANT USAGE ON FOREIGN SERVER legacy TO app_writer;
