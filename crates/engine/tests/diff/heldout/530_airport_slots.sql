-- old
CREATE TABLE airport (iata char(3) PRIMARY KEY, name text NOT NULL, tz text NOT NULL);
CREATE TABLE airline (code char(2) PRIMARY KEY, name text NOT NULL);
CREATE TABLE flight (
    airline char(2) NOT NULL REFERENCES airline,
    number smallint NOT NULL,
    origin char(3) NOT NULL REFERENCES airport,
    dest char(3) NOT NULL REFERENCES airport,
    PRIMARY KEY (airline, number)
);
CREATE TABLE slot (
    slot_id serial PRIMARY KEY,
    airline char(2) NOT NULL,
    number smallint NOT NULL,
    day date NOT NULL,
    at time NOT NULL,
    FOREIGN KEY (airline, number) REFERENCES flight
);
CREATE FUNCTION flight_code(a char, n smallint) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT a || lpad(n::text, 4, '0') $$;
CREATE INDEX slot_code ON slot (flight_code(airline, number));
CREATE VIEW board AS SELECT flight_code(s.airline, s.number) AS code, f.dest, s.day + s.at AS departs FROM slot s JOIN flight f USING (airline, number);
-- new
CREATE TABLE airport (iata char(3) PRIMARY KEY, name text NOT NULL, tz text NOT NULL);
CREATE TABLE airline (code char(2) PRIMARY KEY, name text NOT NULL);
CREATE TABLE flight (
    flight_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    airline char(2) NOT NULL REFERENCES airline,
    number integer NOT NULL,
    origin char(3) NOT NULL REFERENCES airport,
    dest char(3) NOT NULL REFERENCES airport,
    CONSTRAINT flight_natural UNIQUE (airline, number),
    CONSTRAINT flight_moves CHECK (origin <> dest)
);
CREATE TABLE slot (
    slot_id serial PRIMARY KEY,
    flight_id integer NOT NULL REFERENCES flight ON DELETE CASCADE,
    departs timestamptz NOT NULL,
    UNIQUE (flight_id, departs)
);
CREATE FUNCTION flight_code(a char, n integer) RETURNS text IMMUTABLE LANGUAGE sql RETURN a || lpad(n::text, 4, '0');
CREATE INDEX flight_code_ix ON flight (flight_code(airline, number));
CREATE VIEW board AS SELECT flight_code(f.airline, f.number) AS code, f.dest, s.departs FROM slot s JOIN flight f USING (flight_id);
