-- old
CREATE TYPE shipment_state AS ENUM ('draft', 'booked', 'in_transit', 'delivered');

CREATE TABLE carriers (
    id bigserial PRIMARY KEY,
    name text NOT NULL,
    scac varchar(4) NOT NULL,
    active boolean DEFAULT true NOT NULL
);
CREATE UNIQUE INDEX index_carriers_on_scac ON carriers (scac);

CREATE TABLE shipments (
    id bigserial PRIMARY KEY,
    carrier_id bigint REFERENCES carriers (id),
    reference varchar(40) NOT NULL,
    state shipment_state DEFAULT 'draft' NOT NULL,
    weight_kg integer,
    pickup_at timestamp without time zone,
    created_at timestamp(6) without time zone NOT NULL,
    updated_at timestamp(6) without time zone NOT NULL
);
CREATE INDEX index_shipments_on_carrier_id ON shipments (carrier_id);
CREATE INDEX index_shipments_on_reference ON shipments (reference);

CREATE VIEW open_shipments AS
SELECT s.id, s.reference, s.state, s.weight_kg, c.name AS carrier_name
FROM shipments s LEFT JOIN carriers c ON c.id = s.carrier_id
WHERE s.state <> 'delivered';
-- new
CREATE TYPE shipment_state AS ENUM ('draft', 'booked', 'tendered', 'in_transit', 'delivered', 'cancelled');

CREATE TABLE carriers (
    id bigserial PRIMARY KEY,
    name text NOT NULL,
    scac varchar(4) NOT NULL,
    active boolean DEFAULT true NOT NULL
);
CREATE UNIQUE INDEX index_carriers_on_scac ON carriers (upper(scac));

CREATE TABLE shipments (
    id bigserial PRIMARY KEY,
    carrier_id bigint REFERENCES carriers (id) ON DELETE RESTRICT,
    reference varchar(40) NOT NULL,
    state shipment_state DEFAULT 'draft' NOT NULL,
    weight_kg numeric(12,3),
    pickup_at timestamp with time zone,
    created_at timestamp(6) without time zone NOT NULL,
    updated_at timestamp(6) without time zone NOT NULL
);
CREATE INDEX index_shipments_on_carrier_id ON shipments (carrier_id);
CREATE UNIQUE INDEX index_shipments_on_reference ON shipments (reference);

CREATE TABLE shipment_stops (
    id bigserial PRIMARY KEY,
    shipment_id bigint NOT NULL REFERENCES shipments (id) ON DELETE CASCADE,
    position integer NOT NULL,
    city text,
    UNIQUE (shipment_id, position)
);

CREATE VIEW open_shipments AS
SELECT s.id, s.reference, s.state, s.weight_kg, c.name AS carrier_name, s.pickup_at
FROM shipments s LEFT JOIN carriers c ON c.id = s.carrier_id
WHERE s.state NOT IN ('delivered', 'cancelled');
