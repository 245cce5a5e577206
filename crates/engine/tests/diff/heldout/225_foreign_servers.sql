-- old
CREATE EXTENSION postgres_fdw;
CREATE SERVER crm FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'crm.internal', dbname 'crm', port '5432');
CREATE USER MAPPING FOR app_reader SERVER crm OPTIONS (user 'ro', password 'x');
CREATE USER MAPPING FOR PUBLIC SERVER crm;
CREATE FOREIGN TABLE contact (id int NOT NULL, name text OPTIONS (column_name 'full_name'), mail varchar(80), CHECK (id > 0)) SERVER crm OPTIONS (schema_name 'public', table_name 'contacts');
CREATE VIEW contact_mail AS SELECT id, mail FROM contact;
CREATE TABLE local_note (contact_id int, note text);
GRANT SELECT ON contact TO app_reader;
GRANT USAGE ON FOREIGN SERVER crm TO app_writer;
-- new
CREATE EXTENSION postgres_fdw;
CREATE EXTENSION file_fdw;
CREATE SERVER crm TYPE 'postgres' VERSION '15' FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'crm2.internal', dbname 'crm', use_remote_estimate 'true', fetch_size '5000');
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
ALTER SERVER crm OWNER TO app_owner;
CREATE USER MAPPING FOR app_reader SERVER crm OPTIONS (user 'reader2');
CREATE USER MAPPING FOR app_owner SERVER crm OPTIONS (user 'own', password 'y');
CREATE FOREIGN TABLE contact (id bigint NOT NULL, name text OPTIONS (column_name 'display_name') COLLATE "C", mail text, active boolean DEFAULT true NOT NULL, CONSTRAINT contact_id_check CHECK (id > 100) NOT VALID) SERVER crm OPTIONS (table_name 'contacts_v2', updatable 'false');
CREATE FOREIGN TABLE rates (cur char(3), rate numeric) SERVER files OPTIONS (filename '/srv/rates.csv', format 'csv', header 'true');
CREATE TABLE local_note (contact_id bigint, note text, at timestamptz);
CREATE VIEW contact_mail AS SELECT c.id, c.mail, n.note FROM contact c LEFT JOIN local_note n ON n.contact_id = c.id;
GRANT SELECT (id, name) ON contact TO app_reader;
GRANT USAGE ON FOREIGN SERVER crm TO app_reader WITH GRANT OPTION;
GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO app_owner;
COMMENT ON FOREIGN TABLE rates IS 'fetched hourly';
COMMENT ON SERVER files IS 'local files';
