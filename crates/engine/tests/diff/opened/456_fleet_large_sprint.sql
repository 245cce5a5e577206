-- old
CREATE SCHEMA fleet;
CREATE TYPE fleet.fuel AS ENUM ('petrol','diesel','electric');
CREATE TABLE fleet.vehicle (id serial PRIMARY KEY, plate varchar(10) NOT NULL UNIQUE, fuel fleet.fuel NOT NULL, km int DEFAULT 0);
CREATE TABLE fleet.driver (id serial PRIMARY KEY, name text NOT NULL, licence text, phone varchar(20));
CREATE TABLE fleet.trip (id serial PRIMARY KEY, vehicle_id int NOT NULL REFERENCES fleet.vehicle, driver_id int REFERENCES fleet.driver, start_km int, end_km int, started timestamp NOT NULL, ended timestamp, CONSTRAINT km_ok CHECK (end_km >= start_km));
CREATE TABLE fleet.service (id serial PRIMARY KEY, vehicle_id int REFERENCES fleet.vehicle, at date, cost numeric(8,2), notes text);
CREATE TABLE fleet.fine (id serial PRIMARY KEY, trip_id int REFERENCES fleet.trip, amount numeric(8,2));
CREATE INDEX trip_vehicle ON fleet.trip (vehicle_id);
CREATE INDEX trip_driver ON fleet.trip (driver_id);
CREATE VIEW fleet.usage AS SELECT v.plate, v.fuel, sum(t.end_km - t.start_km) AS km FROM fleet.vehicle v JOIN fleet.trip t ON t.vehicle_id = v.id GROUP BY v.plate, v.fuel;
CREATE VIEW fleet.cost AS SELECT v.plate, sum(s.cost) AS cost FROM fleet.vehicle v JOIN fleet.service s ON s.vehicle_id = v.id GROUP BY 1;
CREATE FUNCTION fleet.update_km() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE fleet.vehicle SET km = NEW.end_km WHERE id = NEW.vehicle_id; RETURN NEW; END $$;
CREATE TRIGGER update_km AFTER UPDATE OF end_km ON fleet.trip FOR EACH ROW EXECUTE FUNCTION fleet.update_km();
GRANT USAGE ON SCHEMA fleet TO app_reader, app_writer;
GRANT SELECT ON ALL TABLES IN SCHEMA fleet TO app_reader;
-- new
CREATE SCHEMA fleet;
CREATE EXTENSION btree_gist;
CREATE TYPE fleet.fuel AS ENUM ('petrol','diesel','hybrid','electric');
CREATE TABLE fleet.vehicle (id serial PRIMARY KEY, plate varchar(10) NOT NULL UNIQUE, fuel fleet.fuel NOT NULL, km int DEFAULT 0);
CREATE TABLE fleet.driver (id serial PRIMARY KEY, name text NOT NULL, licence text, phone varchar(20));
CREATE TABLE fleet.trip (
  id serial PRIMARY KEY,
  vehicle_id int NOT NULL REFERENCES fleet.vehicle,
  driver_id int REFERENCES fleet.driver,
  start_km int,
  end_km int,
  during tstzrange NOT NULL,
  CONSTRAINT km_ok CHECK (end_km >= start_km),
  CONSTRAINT one_vehicle EXCLUDE USING gist (vehicle_id WITH =, during WITH &&) DEFERRABLE
);
CREATE TABLE fleet.service (id serial PRIMARY KEY, vehicle_id int REFERENCES fleet.vehicle, at date, cost numeric(8,2), notes text);
CREATE TABLE fleet.charge (id bigserial PRIMARY KEY, vehicle_id int NOT NULL REFERENCES fleet.vehicle, kwh numeric(6,2) NOT NULL CHECK (kwh > 0), cost numeric(10,2), at timestamptz NOT NULL DEFAULT now());
CREATE INDEX trip_vehicle ON fleet.trip (vehicle_id);
CREATE INDEX trip_driver ON fleet.trip (driver_id);
CREATE VIEW fleet.usage AS SELECT v.plate, v.fuel, sum(t.end_km - t.start_km) AS km FROM fleet.vehicle v JOIN fleet.trip t ON t.vehicle_id = v.id GROUP BY v.plate, v.fuel;
CREATE VIEW fleet.cost AS SELECT v.plate, sum(s.cost) AS cost FROM fleet.vehicle v JOIN fleet.service s ON s.vehicle_id = v.id GROUP BY 1;
CREATE FUNCTION fleet.update_km() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE fleet.vehicle SET km = greatest(km, NEW.end_km) WHERE id = NEW.vehicle_id; RETURN NEW; END $$;
CREATE TRIGGER update_km AFTER INSERT OR UPDATE OF end_km ON fleet.trip FOR EACH ROW WHEN (NEW.end_km IS NOT NULL) EXECUTE FUNCTION fleet.update_km();
GRANT USAGE ON SCHEMA fleet TO app_reader, app_writer;
GRANT SELECT ON ALL TABLES IN SCHEMA fleet TO app_reader;
