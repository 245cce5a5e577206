-- old
CREATE EXTENSION postgres_fdw;
CREATE SCHEMA remote;
CREATE SERVER crm FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'crm1.internal', dbname 'crm', port '5432');
CREATE USER MAPPING FOR app_owner SERVER crm OPTIONS (user 'report', password 'x');
CREATE FOREIGN TABLE remote.contact (id integer NOT NULL, email text, city text) SERVER crm OPTIONS (schema_name 'public', table_name 'contacts');
CREATE FOREIGN TABLE remote.deal (id integer, contact_id integer, amount numeric) SERVER crm OPTIONS (table_name 'deals');
CREATE TABLE target (city text PRIMARY KEY, goal numeric);
CREATE VIEW city_sales AS SELECT c.city, sum(d.amount) AS sold FROM remote.contact c JOIN remote.deal d ON d.contact_id = c.id GROUP BY 1;
CREATE MATERIALIZED VIEW vs_target AS SELECT t.city, t.goal, s.sold FROM target t LEFT JOIN city_sales s USING (city) WITH NO DATA;
GRANT USAGE ON FOREIGN SERVER crm TO app_owner;
-- new
CREATE EXTENSION postgres_fdw;
CREATE SCHEMA remote;
CREATE SERVER crm FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'crm2.internal', dbname 'crm', fetch_size '5000');
CREATE SERVER erp TYPE 'pg' VERSION '14' FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'erp', dbname 'erp');
CREATE USER MAPPING FOR app_owner SERVER crm OPTIONS (user 'report_ro', password 'x');
CREATE USER MAPPING FOR PUBLIC SERVER erp;
CREATE FOREIGN TABLE remote.contact (id bigint NOT NULL, email text OPTIONS (column_name 'mail'), city text, country char(2)) SERVER crm OPTIONS (schema_name 'crm', table_name 'contacts');
CREATE FOREIGN TABLE remote.deal (id bigint, contact_id bigint, amount numeric(14,2), CONSTRAINT positive CHECK (amount >= 0)) SERVER erp OPTIONS (table_name 'deals', updatable 'false');
CREATE TABLE target (country char(2), city text, goal numeric, PRIMARY KEY (country, city));
CREATE VIEW city_sales AS SELECT c.country, c.city, sum(d.amount) AS sold FROM remote.contact c JOIN remote.deal d ON d.contact_id = c.id GROUP BY 1, 2;
CREATE MATERIALIZED VIEW vs_target AS SELECT t.country, t.city, t.goal, s.sold FROM target t LEFT JOIN city_sales s USING (country, city) WITH NO DATA;
CREATE INDEX ON vs_target (country);
GRANT USAGE ON FOREIGN SERVER crm, erp TO app_owner;
GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO app_owner;
GRANT SELECT ON remote.contact TO app_reader;
