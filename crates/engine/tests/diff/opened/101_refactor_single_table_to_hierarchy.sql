-- old
CREATE TABLE parties (
    id bigserial PRIMARY KEY,
    kind char(1) NOT NULL CHECK (kind IN ('P', 'C')),
    display_name text NOT NULL,
    first_name text, last_name text, born date,
    vat_id text, employees int,
    CONSTRAINT person_named CHECK (kind <> 'P' OR last_name IS NOT NULL)
);
CREATE UNIQUE INDEX parties_vat ON parties (vat_id) WHERE kind = 'C';
CREATE TABLE contracts (id bigserial PRIMARY KEY, party_id bigint NOT NULL REFERENCES parties, signed date);
CREATE VIEW companies AS SELECT id, display_name, vat_id FROM parties WHERE kind = 'C';
GRANT SELECT ON companies TO app_reader;
COMMENT ON TABLE parties IS 'People and companies';
-- new
CREATE TABLE parties (
    id bigserial PRIMARY KEY,
    kind char(1) NOT NULL CHECK (kind IN ('P', 'C')),
    display_name text NOT NULL,
    UNIQUE (id, kind)
);
CREATE TABLE people (
    id bigint PRIMARY KEY,
    kind char(1) NOT NULL GENERATED ALWAYS AS ('P') STORED,
    first_name text, last_name text NOT NULL, born date,
    FOREIGN KEY (id, kind) REFERENCES parties (id, kind)
);
CREATE TABLE companies (
    id bigint PRIMARY KEY,
    kind char(1) NOT NULL GENERATED ALWAYS AS ('C') STORED,
    vat_id text UNIQUE, employees int,
    FOREIGN KEY (id, kind) REFERENCES parties (id, kind)
);
CREATE TABLE contracts (id bigserial PRIMARY KEY, party_id bigint NOT NULL REFERENCES parties ON DELETE RESTRICT, signed date);
GRANT SELECT ON companies TO app_reader;
COMMENT ON TABLE parties IS 'What people and companies share';
