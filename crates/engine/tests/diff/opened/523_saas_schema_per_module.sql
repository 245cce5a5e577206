-- old
CREATE SCHEMA core;
CREATE SCHEMA crm;
CREATE TABLE core.tenant (id uuid PRIMARY KEY, name text NOT NULL);
CREATE TABLE core.app_user (id uuid PRIMARY KEY, tenant_id uuid NOT NULL REFERENCES core.tenant, email text NOT NULL);
CREATE TABLE crm.contact (id uuid PRIMARY KEY, tenant_id uuid NOT NULL REFERENCES core.tenant, owner_id uuid REFERENCES core.app_user, name text NOT NULL, phone text);
CREATE TABLE crm.invoice (id uuid PRIMARY KEY, tenant_id uuid NOT NULL REFERENCES core.tenant, contact_id uuid NOT NULL REFERENCES crm.contact, total numeric NOT NULL, issued date);
CREATE SEQUENCE crm.invoice_no;
CREATE FUNCTION crm.next_invoice() RETURNS text LANGUAGE sql AS $$ SELECT 'INV-' || nextval('crm.invoice_no') $$;
CREATE VIEW crm.unpaid AS SELECT i.id, c.name, i.total FROM crm.invoice i JOIN crm.contact c ON c.id = i.contact_id;
-- new
CREATE SCHEMA core;
CREATE SCHEMA crm;
CREATE SCHEMA billing;
CREATE TABLE core.tenant (id uuid PRIMARY KEY, name text NOT NULL);
CREATE TABLE core.app_user (id uuid PRIMARY KEY, tenant_id uuid NOT NULL REFERENCES core.tenant ON DELETE CASCADE, email text NOT NULL, UNIQUE (tenant_id, email), UNIQUE (tenant_id, id));
CREATE TABLE crm.contact (id uuid NOT NULL, tenant_id uuid NOT NULL REFERENCES core.tenant, owner_id uuid, name text NOT NULL, phone text, PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, owner_id) REFERENCES core.app_user (tenant_id, id));
CREATE TABLE billing.invoice (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, contact_id uuid NOT NULL, number text NOT NULL, total numeric(12,2) NOT NULL, issued date, paid_on date, UNIQUE (tenant_id, number), FOREIGN KEY (tenant_id, contact_id) REFERENCES crm.contact (tenant_id, id));
CREATE SEQUENCE billing.invoice_no;
CREATE FUNCTION billing.next_invoice(p_tenant uuid) RETURNS text LANGUAGE sql AS $$ SELECT 'INV-' || left(p_tenant::text, 4) || '-' || nextval('billing.invoice_no') $$;
CREATE VIEW billing.unpaid WITH (security_invoker = true) AS SELECT i.id, i.number, c.name, i.total FROM billing.invoice i JOIN crm.contact c ON c.id = i.contact_id AND c.tenant_id = i.tenant_id WHERE i.paid_on IS NULL;
