-- old
CREATE TABLE clients (client_id serial PRIMARY KEY, client_name text NOT NULL, phone text, active int DEFAULT 1);
CREATE TABLE contracts (contract_id serial PRIMARY KEY, client_id int NOT NULL, CONSTRAINT contracts_client_fk FOREIGN KEY (client_id) REFERENCES clients, from_dt date, to_dt date);
CREATE INDEX contracts_client ON contracts (client_id);
CREATE VIEW active_clients AS SELECT client_id, client_name FROM clients WHERE active = 1;
CREATE FUNCTION client_contracts(p int) RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM contracts WHERE client_id = p $$;
CREATE TRIGGER no_change BEFORE UPDATE ON contracts FOR EACH ROW WHEN (OLD.to_dt < CURRENT_DATE) EXECUTE FUNCTION suppress_redundant_updates_trigger();
GRANT SELECT ON clients TO app_reader;
-- new
CREATE TABLE customers (id serial PRIMARY KEY, name text NOT NULL, phone text, active boolean DEFAULT true NOT NULL);
CREATE TABLE contracts (id serial PRIMARY KEY, customer_id int NOT NULL, CONSTRAINT contracts_customer_fk FOREIGN KEY (customer_id) REFERENCES customers, term daterange NOT NULL);
CREATE INDEX contracts_customer ON contracts (customer_id);
CREATE INDEX contracts_term ON contracts USING gist (term);
CREATE VIEW clients AS SELECT id AS client_id, name AS client_name, phone, active::int AS active FROM customers;
COMMENT ON VIEW clients IS 'compat, remove in Q3';
CREATE FUNCTION clients_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE customers SET name = NEW.client_name, phone = NEW.phone, active = NEW.active = 1 WHERE id = OLD.client_id;
  RETURN NEW;
END $$;
CREATE TRIGGER clients_write INSTEAD OF UPDATE ON clients FOR EACH ROW EXECUTE FUNCTION clients_write();
CREATE VIEW active_clients AS SELECT client_id, client_name FROM clients WHERE active = 1;
CREATE FUNCTION customer_contracts(p int) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT count(*) FROM contracts WHERE customer_id = p $$;
CREATE TRIGGER no_change BEFORE UPDATE ON contracts FOR EACH ROW WHEN (upper(OLD.term) < CURRENT_DATE) EXECUTE FUNCTION suppress_redundant_updates_trigger();
GRANT SELECT ON customers, clients TO app_reader;
