-- old
CREATE SCHEMA billing;
CREATE TYPE billing.call_kind AS ENUM ('voice', 'sms', 'data');
CREATE TYPE billing.money_amount AS (cents bigint, currency char(3));
CREATE TABLE billing.subscriber (msisdn varchar(15) PRIMARY KEY, plan text NOT NULL, since date NOT NULL);
CREATE TABLE billing.cdr (
    cdr_id bigint GENERATED ALWAYS AS IDENTITY,
    msisdn varchar(15) NOT NULL,
    kind billing.call_kind NOT NULL,
    units int NOT NULL,
    charge billing.money_amount,
    started timestamptz NOT NULL
) PARTITION BY LIST (kind);
CREATE TABLE billing.cdr_voice PARTITION OF billing.cdr FOR VALUES IN ('voice');
CREATE TABLE billing.cdr_sms PARTITION OF billing.cdr FOR VALUES IN ('sms');
CREATE TABLE billing.cdr_data PARTITION OF billing.cdr FOR VALUES IN ('data');
CREATE FUNCTION billing.rate(k billing.call_kind, units int) RETURNS billing.money_amount LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN ROW(units * CASE k WHEN 'voice' THEN 5 WHEN 'sms' THEN 9 ELSE 1 END, 'EUR')::billing.money_amount;
END $$;
-- new
CREATE SCHEMA billing;
CREATE TYPE billing.call_kind AS ENUM ('voice', 'sms', 'mms', 'data');
CREATE TYPE billing.money_amount AS (cents bigint, currency char(3), tax_rate numeric(4,2));
CREATE TABLE billing.subscriber (msisdn varchar(15) PRIMARY KEY, plan text NOT NULL, since date NOT NULL);
CREATE TABLE billing.cdr (
    cdr_id bigint GENERATED ALWAYS AS IDENTITY,
    msisdn varchar(15) NOT NULL REFERENCES billing.subscriber,
    kind billing.call_kind NOT NULL,
    units bigint NOT NULL,
    charge billing.money_amount,
    started timestamptz NOT NULL,
    PRIMARY KEY (cdr_id, kind)
) PARTITION BY LIST (kind);
CREATE TABLE billing.cdr_voice PARTITION OF billing.cdr FOR VALUES IN ('voice');
CREATE TABLE billing.cdr_msg PARTITION OF billing.cdr FOR VALUES IN ('sms', 'mms');
CREATE TABLE billing.cdr_data PARTITION OF billing.cdr FOR VALUES IN ('data');
CREATE INDEX cdr_sub ON billing.cdr (msisdn, started);
CREATE FUNCTION billing.rate(k billing.call_kind, units bigint) RETURNS billing.money_amount LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN ROW(units * CASE k WHEN 'voice' THEN 5 WHEN 'sms' THEN 9 WHEN 'mms' THEN 25 ELSE 1 END, 'EUR', 21)::billing.money_amount;
END $$;
