-- old
CREATE TABLE meter (
  id int PRIMARY KEY,
  reading int NOT NULL DEFAULT 0,
  factor numeric(6,3) NOT NULL DEFAULT 1,
  scaled numeric GENERATED ALWAYS AS (reading * factor) STORED,
  note text
);
CREATE INDEX meter_big ON meter (id) WHERE reading > 1000;
CREATE INDEX meter_expr ON meter ((reading % 10), factor);
CREATE STATISTICS meter_st (dependencies, mcv) ON reading, factor FROM meter;
CREATE STATISTICS meter_ex ON (reading + 1) FROM meter;
ALTER TABLE meter ENABLE ROW LEVEL SECURITY;
CREATE POLICY p_pos ON meter USING (reading >= 0);
ALTER TABLE meter ADD CONSTRAINT reading_sane CHECK (reading < 1000000);
CREATE VIEW meter_v AS SELECT id, reading, reading * 2 AS twice FROM meter;
CREATE MATERIALIZED VIEW meter_mv AS SELECT reading, count(*) AS n, max(twice) AS m FROM meter_v GROUP BY reading;
CREATE UNIQUE INDEX meter_mv_u ON meter_mv (reading);
CREATE FUNCTION meter_total() RETURNS bigint LANGUAGE sql STABLE BEGIN ATOMIC SELECT sum(meter.reading) FROM meter; END;
CREATE FUNCTION meter_rows() RETURNS SETOF meter_v LANGUAGE sql STABLE AS 'SELECT * FROM meter_v';
CREATE FUNCTION tg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER on_reading BEFORE UPDATE OF reading ON meter FOR EACH ROW WHEN (new.reading <> old.reading) EXECUTE FUNCTION tg();
CREATE RULE keep AS ON DELETE TO meter WHERE old.reading = 0 DO INSTEAD NOTHING;
GRANT SELECT (reading) ON meter TO app_reader;
COMMENT ON COLUMN meter.reading IS 'raw ticks';
CREATE PUBLICATION meter_pub FOR TABLE meter (id, reading) WHERE (reading > 0);
ALTER TABLE meter REPLICA IDENTITY FULL;
-- new
CREATE TABLE meter (
  id int PRIMARY KEY,
  reading numeric(14,2) NOT NULL DEFAULT 0,
  factor numeric(8,3) NOT NULL DEFAULT 1,
  scaled numeric GENERATED ALWAYS AS (reading * factor) STORED,
  note text
);
CREATE INDEX meter_big ON meter (id) WHERE reading > 1000;
CREATE INDEX meter_expr ON meter ((reading % 10), factor);
CREATE STATISTICS meter_st (dependencies, mcv) ON reading, factor FROM meter;
CREATE STATISTICS meter_ex ON (reading + 1) FROM meter;
ALTER TABLE meter ENABLE ROW LEVEL SECURITY;
CREATE POLICY p_pos ON meter USING (reading >= 0);
ALTER TABLE meter ADD CONSTRAINT reading_sane CHECK (reading < 1000000);
CREATE VIEW meter_v AS SELECT id, reading, reading * 2 AS twice FROM meter;
CREATE MATERIALIZED VIEW meter_mv AS SELECT reading, count(*) AS n, max(twice) AS m FROM meter_v GROUP BY reading;
CREATE UNIQUE INDEX meter_mv_u ON meter_mv (reading);
CREATE FUNCTION meter_total() RETURNS numeric LANGUAGE sql STABLE BEGIN ATOMIC SELECT sum(meter.reading) FROM meter; END;
CREATE FUNCTION meter_rows() RETURNS SETOF meter_v LANGUAGE sql STABLE AS 'SELECT * FROM meter_v';
CREATE FUNCTION tg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER on_reading BEFORE UPDATE OF reading ON meter FOR EACH ROW WHEN (new.reading <> old.reading) EXECUTE FUNCTION tg();
CREATE RULE keep AS ON DELETE TO meter WHERE old.reading = 0 DO INSTEAD NOTHING;
GRANT SELECT (reading) ON meter TO app_reader;
COMMENT ON COLUMN meter.reading IS 'cubic metres';
CREATE PUBLICATION meter_pub FOR TABLE meter (id, reading) WHERE (reading > 0);
ALTER TABLE meter REPLICA IDENTITY FULL;
