-- old
CREATE TABLE customer (id serial PRIMARY KEY, name text NOT NULL, vat_no text);
CREATE TABLE invoice (id serial PRIMARY KEY, customer_id int NOT NULL REFERENCES customer, issued date NOT NULL DEFAULT CURRENT_DATE, due date, total money DEFAULT 0, paid boolean DEFAULT false);
CREATE TABLE invoice_line (invoice_id int REFERENCES invoice ON DELETE CASCADE, pos int, text text, qty numeric, price money, PRIMARY KEY (invoice_id, pos));
CREATE FUNCTION recalc() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE invoice SET total = (SELECT sum(qty * price) FROM invoice_line WHERE invoice_id = NEW.invoice_id) WHERE id = NEW.invoice_id;
  RETURN NULL;
END $$;
CREATE TRIGGER line_recalc AFTER INSERT OR UPDATE ON invoice_line FOR EACH ROW EXECUTE FUNCTION recalc();
CREATE VIEW receivables AS SELECT c.name, i.total, i.due FROM invoice i JOIN customer c ON c.id = i.customer_id WHERE NOT i.paid;
CREATE SEQUENCE invoice_no START 2000 INCREMENT 1;
-- new
CREATE DOMAIN currency AS char(3) NOT NULL DEFAULT 'EUR' CONSTRAINT iso CHECK (VALUE = upper(VALUE));
CREATE DOMAIN amount AS numeric(14,4);
CREATE TYPE monetary AS (value amount, cur char(3));
CREATE TABLE customer (id int PRIMARY KEY, name text NOT NULL, vat_no text, cur currency, CONSTRAINT vat_form CHECK (vat_no ~ '^[A-Z]{2}') NOT VALID);
CREATE SEQUENCE customer_id_seq AS integer OWNED BY customer.id;
ALTER TABLE customer ALTER id SET DEFAULT nextval('customer_id_seq');
CREATE SEQUENCE invoice_no AS integer START 100000 INCREMENT 1 MINVALUE 100000 MAXVALUE 999999 CYCLE;
CREATE TABLE invoice (id serial PRIMARY KEY, number text NOT NULL DEFAULT 'INV-' || nextval('invoice_no') UNIQUE, customer_id int NOT NULL REFERENCES customer, issued date NOT NULL DEFAULT CURRENT_DATE, due date NOT NULL GENERATED ALWAYS AS (issued + 30) STORED, net amount DEFAULT 0 NOT NULL, vat amount DEFAULT 0 NOT NULL, gross amount GENERATED ALWAYS AS (net + vat) STORED, paid_at timestamptz);
ALTER SEQUENCE invoice_no OWNED BY invoice.number;
CREATE TABLE invoice_line (invoice_id int REFERENCES invoice ON DELETE CASCADE, pos smallint, label text NOT NULL, qty numeric(10,3) NOT NULL, price amount NOT NULL, vat_rate numeric(4,2) NOT NULL DEFAULT 19, PRIMARY KEY (invoice_id, pos));
CREATE TABLE payment (id bigserial PRIMARY KEY, invoice_id int REFERENCES invoice ON DELETE SET NULL, amount monetary NOT NULL, received date NOT NULL, EXCLUDE USING btree (invoice_id WITH =) WHERE ((amount).value < 0));
CREATE FUNCTION recalc() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE invoice i SET net = s.net, vat = s.vat
    FROM (SELECT invoice_id, sum(qty * price) AS net, sum(qty * price * vat_rate / 100) AS vat FROM changed GROUP BY 1) s
   WHERE i.id = s.invoice_id;
  RETURN NULL;
END $$;
CREATE TRIGGER line_recalc_i AFTER INSERT ON invoice_line REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION recalc();
CREATE TRIGGER line_recalc_u AFTER UPDATE ON invoice_line REFERENCING NEW TABLE AS changed OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION recalc();
CREATE VIEW receivables AS SELECT c.name, c.cur, i.number, i.gross, i.due, CURRENT_DATE - i.due AS days_late FROM invoice i JOIN customer c ON c.id = i.customer_id WHERE i.paid_at IS NULL;
CREATE VIEW dunning AS SELECT name, count(*) AS n, sum(gross) FILTER (WHERE days_late > 30) AS late FROM receivables GROUP BY name HAVING max(days_late) > 0;
COMMENT ON DOMAIN currency IS 'ISO 4217';
COMMENT ON CONSTRAINT iso ON DOMAIN currency IS 'upper case only';
