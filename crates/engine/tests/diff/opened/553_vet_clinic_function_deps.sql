-- old
CREATE FUNCTION norm_chip(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT regexp_replace($1, '\D', '', 'g') $$;
CREATE FUNCTION valid_chip(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT length(norm_chip($1)) = 15 $$;
CREATE DOMAIN chip AS text CHECK (valid_chip(VALUE));
CREATE TABLE owner (id serial PRIMARY KEY, name text NOT NULL, phone text);
CREATE TABLE animal (id serial PRIMARY KEY, owner_id int NOT NULL REFERENCES owner, species text NOT NULL, name text, chip_no chip, chip_norm text GENERATED ALWAYS AS (norm_chip(chip_no)) STORED);
CREATE UNIQUE INDEX animal_chip ON animal (norm_chip(chip_no));
CREATE TABLE visit (id serial PRIMARY KEY, animal_id int NOT NULL REFERENCES animal, at timestamp NOT NULL, diagnosis text, fee numeric(7,2) DEFAULT 35);
CREATE FUNCTION owner_debt(owner) RETURNS numeric LANGUAGE sql STABLE AS $$ SELECT sum(v.fee) FROM visit v JOIN animal a ON a.id = v.animal_id WHERE a.owner_id = $1.id $$;
CREATE VIEW debtors AS SELECT o.id, o.name, owner_debt(o.*) AS debt FROM owner o;
-- new
CREATE FUNCTION norm_chip(chip text, country text DEFAULT NULL) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce(country, '') || regexp_replace(chip, '\D', '', 'g') $$;
CREATE FUNCTION valid_chip(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT length(norm_chip($1)) IN (10, 15) $$;
CREATE DOMAIN chip AS varchar(20) CHECK (valid_chip(VALUE));
CREATE TABLE owner (id serial PRIMARY KEY, name text NOT NULL, phone text);
CREATE TABLE animal (id serial PRIMARY KEY, owner_id int NOT NULL REFERENCES owner, species text NOT NULL, name text, chip_no chip, chip_norm text GENERATED ALWAYS AS (norm_chip(chip_no, 'X')) STORED);
CREATE UNIQUE INDEX animal_chip ON animal (norm_chip(chip_no)) WHERE chip_no IS NOT NULL;
CREATE TABLE visit (id serial PRIMARY KEY, animal_id int NOT NULL REFERENCES animal, at timestamp NOT NULL, diagnosis text, fee numeric(7,2) DEFAULT 35);
CREATE FUNCTION owner_debt(owner) RETURNS numeric LANGUAGE sql STABLE AS $$ SELECT sum(v.fee) FROM visit v JOIN animal a ON a.id = v.animal_id WHERE a.owner_id = $1.id $$;
CREATE VIEW debtors AS SELECT o.id, o.name, owner_debt(o.*) AS debt FROM owner o;
