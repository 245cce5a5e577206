-- old
CREATE SCHEMA billing;
CREATE TABLE billing.customer (id int PRIMARY KEY, name text, vat_rate numeric(4,2) DEFAULT 20);
CREATE TABLE billing.invoice (
  id serial PRIMARY KEY, customer_id int NOT NULL REFERENCES billing.customer, issued date, paid boolean DEFAULT false
);
CREATE TABLE billing.invoice_line (
  invoice_id int REFERENCES billing.invoice ON DELETE CASCADE, line_no int, descr text, qty int, unit_price numeric(10,2),
  total numeric GENERATED ALWAYS AS (qty * unit_price) STORED, PRIMARY KEY (invoice_id, line_no)
);
CREATE FUNCTION billing.net(p_invoice int) RETURNS numeric LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT sum(l.total) FROM billing.invoice_line l WHERE l.invoice_id = p_invoice;
END;
CREATE FUNCTION billing.gross(p_invoice int) RETURNS numeric LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT billing.net(i.id) * (1 + c.vat_rate / 100) FROM billing.invoice i JOIN billing.customer c ON c.id = i.customer_id WHERE i.id = p_invoice;
END;
CREATE VIEW billing.unpaid AS SELECT i.id, i.customer_id, billing.gross(i.id) AS due FROM billing.invoice i WHERE NOT i.paid;
CREATE VIEW billing.dunning AS SELECT u.customer_id, sum(u.due) AS due FROM billing.unpaid u GROUP BY 1;
-- new
CREATE SCHEMA billing;
CREATE TYPE billing.invoice_state AS ENUM ('draft','sent','paid','void');
CREATE TABLE billing.customer (
  id int PRIMARY KEY,
  name text,
  vat_rate numeric(5,3) DEFAULT 20 NOT NULL,
  currency char(3) DEFAULT 'EUR' NOT NULL
);
CREATE TABLE billing.invoice (
  id serial PRIMARY KEY,
  customer_id int NOT NULL REFERENCES billing.customer,
  issued date,
  state billing.invoice_state NOT NULL DEFAULT 'draft',
  due_on date
);
CREATE TABLE billing.invoice_line (
  invoice_id int REFERENCES billing.invoice ON DELETE CASCADE, line_no int, descr text, qty int, unit_price numeric(10,2),
  total numeric GENERATED ALWAYS AS (qty * unit_price) STORED, PRIMARY KEY (invoice_id, line_no)
);
CREATE FUNCTION billing.net(p_invoice bigint) RETURNS numeric LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT coalesce(sum(l.total), 0) FROM billing.invoice_line l WHERE l.invoice_id = p_invoice;
END;
CREATE FUNCTION billing.gross(p_invoice bigint) RETURNS numeric LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT billing.net(i.id) * (1 + c.vat_rate / 100) FROM billing.invoice i JOIN billing.customer c ON c.id = i.customer_id WHERE i.id = p_invoice;
END;
CREATE VIEW billing.unpaid AS SELECT i.id, i.customer_id, billing.gross(i.id) AS due, i.due_on FROM billing.invoice i WHERE i.state = 'sent';
CREATE VIEW billing.dunning AS SELECT u.customer_id, sum(u.due) AS due, min(u.due_on) AS oldest FROM billing.unpaid u WHERE u.due_on < CURRENT_DATE GROUP BY 1;
