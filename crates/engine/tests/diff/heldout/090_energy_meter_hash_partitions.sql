-- old
CREATE TABLE meter_values (
    meter uuid NOT NULL,
    at timestamptz NOT NULL,
    kwh numeric(12,3) NOT NULL,
    PRIMARY KEY (meter, at)
) PARTITION BY HASH (meter);
CREATE TABLE meter_values_0 PARTITION OF meter_values FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE meter_values_1 PARTITION OF meter_values FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE FUNCTION positive_kwh() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.kwh < 0 THEN RETURN NULL; END IF; RETURN NEW; END $$;
CREATE TRIGGER positive BEFORE INSERT ON meter_values FOR EACH ROW EXECUTE FUNCTION positive_kwh();
CREATE VIEW totals AS SELECT meter, sum(kwh) AS kwh FROM meter_values GROUP BY meter;
-- new
CREATE TABLE meter_values (
    meter uuid NOT NULL,
    at timestamptz NOT NULL,
    kwh numeric(12,3) NOT NULL,
    PRIMARY KEY (meter, at)
) PARTITION BY HASH (meter);
CREATE TABLE meter_values_0 PARTITION OF meter_values FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE meter_values_1 PARTITION OF meter_values FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE meter_values_2 PARTITION OF meter_values FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE meter_values_3 PARTITION OF meter_values FOR VALUES WITH (MODULUS 4, REMAINDER 3);
CREATE FUNCTION positive_kwh() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.kwh < 0 THEN RETURN NULL; END IF; RETURN NEW; END $$;
CREATE TRIGGER positive BEFORE INSERT ON meter_values FOR EACH ROW EXECUTE FUNCTION positive_kwh();
ALTER TABLE meter_values_3 DISABLE TRIGGER positive;
CREATE VIEW totals AS SELECT meter, sum(kwh) AS kwh FROM meter_values GROUP BY meter;
