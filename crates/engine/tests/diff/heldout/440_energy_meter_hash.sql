-- old
CREATE TABLE meter (meter_id uuid PRIMARY KEY, grid_area text NOT NULL, install_date date);
CREATE TABLE consumption (meter_id uuid NOT NULL REFERENCES meter, slot timestamptz NOT NULL, kwh numeric(10,3), CONSTRAINT consumption_pk PRIMARY KEY (meter_id, slot));
CREATE INDEX consumption_slot ON consumption (slot);
CREATE TABLE price (area text, valid tstzrange, eur_mwh numeric);
CREATE VIEW hourly AS SELECT meter_id, date_trunc('hour', slot) AS h, sum(kwh) AS kwh FROM consumption GROUP BY 1, 2;
CREATE PROCEDURE purge(before timestamptz) LANGUAGE plpgsql AS $$ BEGIN DELETE FROM consumption WHERE slot < before; COMMIT; END $$;
COMMENT ON TABLE consumption IS '15 min values';
-- new
CREATE TYPE quality AS ENUM ('measured','estimated','missing');
CREATE TABLE meter (meter_id uuid PRIMARY KEY, grid_area text NOT NULL, install_date date);
CREATE TABLE consumption (
  meter_id uuid NOT NULL REFERENCES meter,
  slot timestamptz NOT NULL,
  kwh numeric(10,3),
  CONSTRAINT consumption_pk PRIMARY KEY (meter_id, slot)
) PARTITION BY HASH (meter_id);
CREATE TABLE consumption_h0 PARTITION OF consumption FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE consumption_h1 PARTITION OF consumption FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE consumption_h2 PARTITION OF consumption FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE consumption_h3 PARTITION OF consumption FOR VALUES WITH (MODULUS 4, REMAINDER 3);
CREATE INDEX consumption_slot ON consumption (slot);
CREATE TABLE price (area text, valid tstzrange, eur_mwh numeric);
CREATE VIEW hourly AS SELECT meter_id, date_trunc('hour', slot) AS h, sum(kwh) AS kwh FROM consumption GROUP BY 1, 2;
CREATE PROCEDURE purge(before timestamptz, INOUT deleted bigint DEFAULT 0) LANGUAGE plpgsql AS $$ BEGIN DELETE FROM consumption WHERE slot < before; GET DIAGNOSTICS deleted = ROW_COUNT; COMMIT; END $$;
COMMENT ON TABLE consumption IS '15 min values';
