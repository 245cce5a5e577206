-- old
CREATE TABLE vehicle (plate varchar(10) PRIMARY KEY, kind text NOT NULL, seats int, load_kg int, km int DEFAULT 0);
CREATE TABLE driver (id serial PRIMARY KEY, name text, licence text UNIQUE);
CREATE TABLE trip (id serial PRIMARY KEY, plate varchar(10) REFERENCES vehicle, driver int REFERENCES driver, start_km int, end_km int, day date, CONSTRAINT forward CHECK (end_km >= start_km));
CREATE TABLE service (plate varchar(10) REFERENCES vehicle, km int, what text);
CREATE FUNCTION set_km() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE vehicle SET km = NEW.end_km WHERE plate = NEW.plate; RETURN NEW; END $$;
CREATE TRIGGER set_km BEFORE INSERT ON trip FOR EACH ROW EXECUTE FUNCTION set_km();
CREATE VIEW usage AS SELECT plate, sum(end_km - start_km) AS km FROM trip GROUP BY plate;
CREATE VIEW due AS SELECT v.plate, v.km - max(s.km) AS since FROM vehicle v JOIN service s USING (plate) GROUP BY v.plate HAVING v.km - max(s.km) > 20000;
-- new
CREATE TABLE vehicle (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, plate varchar(12) NOT NULL UNIQUE, km int NOT NULL DEFAULT 0, retired date);
CREATE TABLE car (seats smallint NOT NULL DEFAULT 5, PRIMARY KEY (id)) INHERITS (vehicle);
CREATE TABLE truck (load_kg int NOT NULL, axles smallint CHECK (axles >= 2), PRIMARY KEY (id), UNIQUE (plate)) INHERITS (vehicle);
CREATE TABLE driver (id serial PRIMARY KEY, name text NOT NULL, licence text UNIQUE, classes char(2)[] NOT NULL DEFAULT '{B}');
CREATE TABLE trip (id bigserial PRIMARY KEY, vehicle int NOT NULL, driver int NOT NULL REFERENCES driver, km int4range NOT NULL, day date NOT NULL DEFAULT CURRENT_DATE, length int GENERATED ALWAYS AS (upper(km) - lower(km)) STORED, CONSTRAINT forward CHECK (NOT isempty(km)), EXCLUDE USING gist (km WITH &&, int4range(vehicle, vehicle, '[]') WITH =));
CREATE TABLE service (id serial PRIMARY KEY, vehicle int NOT NULL, km int NOT NULL, what text NOT NULL, cost numeric(8,2));
CREATE FUNCTION set_km() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE vehicle SET km = greatest(km, upper(NEW.km)) WHERE id = NEW.vehicle; RETURN NULL; END $$;
CREATE TRIGGER set_km AFTER INSERT OR UPDATE OF km ON trip FOR EACH ROW EXECUTE FUNCTION set_km();
CREATE FUNCTION vehicle_exists() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM vehicle WHERE id = NEW.vehicle) THEN RAISE foreign_key_violation; END IF; RETURN NEW; END $$;
CREATE TRIGGER check_vehicle BEFORE INSERT ON trip FOR EACH ROW EXECUTE FUNCTION vehicle_exists();
CREATE TRIGGER check_vehicle BEFORE INSERT ON service FOR EACH ROW EXECUTE FUNCTION vehicle_exists();
CREATE VIEW usage AS SELECT v.plate, v.tableoid::regclass AS kind, sum(t.length) AS km FROM trip t JOIN vehicle v ON v.id = t.vehicle GROUP BY v.plate, v.tableoid;
CREATE VIEW due AS SELECT v.plate, v.km - s.last AS since FROM vehicle v CROSS JOIN LATERAL (SELECT max(km) AS last FROM service WHERE vehicle = v.id) s WHERE v.km - s.last > 20000;
