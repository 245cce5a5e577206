-- old
CREATE TABLE shipment (
  id bigserial PRIMARY KEY,
  src text NOT NULL,
  dst text NOT NULL,
  weight int,
  note text
);
COMMENT ON COLUMN shipment.src IS 'origin depot';
COMMENT ON COLUMN shipment.dst IS 'destination depot';
CREATE INDEX shipment_src ON shipment (src);
CREATE INDEX shipment_dst ON shipment (dst);
CREATE TABLE shipment_event (shipment_id bigint REFERENCES shipment, seq int, what text, at timestamp, PRIMARY KEY (shipment_id, seq));
CREATE VIEW in_transit AS SELECT s.id, s.src, s.dst FROM shipment s WHERE NOT EXISTS (SELECT FROM shipment_event e WHERE e.shipment_id = s.id AND e.what = 'delivered');
CREATE FUNCTION route(s shipment) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN s.src || '->' || s.dst; END $$;
-- new
CREATE TABLE depot (code text PRIMARY KEY, name text NOT NULL, geo point);
CREATE TABLE shipment (
  id bigserial PRIMARY KEY,
  dst text NOT NULL REFERENCES depot,
  src text NOT NULL,
  note text,
  weight_g int CHECK (weight_g BETWEEN 1 AND 100000),
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN shipment.src IS 'origin depot';
COMMENT ON COLUMN shipment.weight_g IS 'grams';
CREATE INDEX shipment_src ON shipment (src);
CREATE INDEX shipment_dst ON shipment (dst);
CREATE TABLE shipment_event (
  shipment_id bigint REFERENCES shipment,
  at timestamptz,
  what text,
  seq int
);
CREATE VIEW in_transit AS SELECT s.id, s.src, s.dst FROM shipment s WHERE NOT EXISTS (SELECT FROM shipment_event e WHERE e.shipment_id = s.id AND e.what = 'delivered');
CREATE FUNCTION route(s shipment) RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN s.src || ' → ' || s.dst; END $$;
