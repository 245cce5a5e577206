-- old
CREATE SCHEMA bank;
CREATE TYPE bank.account_row AS (iban varchar(34), holder text, opened date, balance numeric(15,2));
CREATE TABLE bank.current_account OF bank.account_row (PRIMARY KEY (iban), balance DEFAULT 0);
CREATE TABLE bank.savings_account OF bank.account_row (PRIMARY KEY (iban));
CREATE TABLE bank.transfer (id bigserial PRIMARY KEY, src varchar(34) REFERENCES bank.current_account, dst varchar(34) NOT NULL, amount numeric(15,2) NOT NULL);
CREATE FUNCTION bank.all_accounts() RETURNS SETOF bank.account_row LANGUAGE sql STABLE AS $$ SELECT * FROM bank.current_account UNION ALL SELECT * FROM bank.savings_account $$;
CREATE VIEW bank.rich AS SELECT iban, holder FROM bank.all_accounts() WHERE balance > 1000000;
-- new
CREATE SCHEMA bank;
CREATE TYPE bank.account_row AS (iban varchar(34), holder text, opened date, balance numeric(18,2), closed date);
CREATE TABLE bank.current_account OF bank.account_row (PRIMARY KEY (iban), balance WITH OPTIONS NOT NULL DEFAULT 0, CONSTRAINT closed_empty CHECK (closed IS NULL OR balance = 0));
CREATE TABLE bank.savings_account OF bank.account_row (PRIMARY KEY (iban), holder WITH OPTIONS NOT NULL);
CREATE TABLE bank.transfer (id bigserial PRIMARY KEY, src varchar(34) REFERENCES bank.current_account, dst varchar(34) NOT NULL, amount numeric(15,2) NOT NULL);
CREATE FUNCTION bank.all_accounts() RETURNS SETOF bank.account_row LANGUAGE sql STABLE AS $$ SELECT * FROM bank.current_account WHERE closed IS NULL UNION ALL SELECT * FROM bank.savings_account WHERE closed IS NULL $$;
CREATE VIEW bank.rich AS SELECT iban, holder, balance FROM bank.all_accounts() WHERE balance > 1000000;
