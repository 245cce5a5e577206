-- old
CREATE TABLE secrets (id int PRIMARY KEY, v text);
CREATE VIEW secret_ids AS SELECT id FROM secrets;
ALTER TABLE secrets OWNER TO app_owner;
ALTER VIEW secret_ids OWNER TO app_owner;
GRANT SELECT ON secret_ids TO app_reader;
-- new
CREATE TABLE secrets (id int PRIMARY KEY, v text);
CREATE VIEW secret_ids AS SELECT id FROM secrets;
ALTER TABLE secrets OWNER TO app_owner;
ALTER VIEW secret_ids OWNER TO app_writer;
REVOKE ALL ON secrets FROM app_owner;
GRANT SELECT ON secrets TO app_owner;
GRANT SELECT ON secrets TO app_writer;
