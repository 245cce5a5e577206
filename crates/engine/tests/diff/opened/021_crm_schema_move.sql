-- old
CREATE SCHEMA crm;
CREATE SCHEMA shared;
CREATE TYPE shared.phone_kind AS ENUM ('home', 'work', 'mobile');
CREATE TABLE crm.people (id bigserial PRIMARY KEY, name text NOT NULL);
CREATE TABLE shared.phones (
    id bigserial PRIMARY KEY,
    person_id bigint NOT NULL REFERENCES crm.people,
    kind shared.phone_kind NOT NULL DEFAULT 'mobile',
    number text NOT NULL
);
CREATE INDEX phones_number ON shared.phones (number text_pattern_ops);
GRANT SELECT ON shared.phones TO app_reader;
CREATE VIEW crm.directory AS SELECT p.name, h.number FROM crm.people p JOIN shared.phones h ON h.person_id = p.id WHERE h.kind = 'work';
-- new
CREATE SCHEMA crm;
CREATE TYPE crm.phone_kind AS ENUM ('home', 'work', 'mobile');
CREATE TABLE crm.people (id bigserial PRIMARY KEY, name text NOT NULL);
CREATE TABLE crm.phones (
    id bigserial PRIMARY KEY,
    person_id bigint NOT NULL REFERENCES crm.people,
    kind crm.phone_kind NOT NULL DEFAULT 'mobile',
    number text NOT NULL
);
CREATE INDEX phones_number ON crm.phones (number text_pattern_ops);
GRANT SELECT ON crm.phones TO app_reader;
CREATE VIEW crm.directory AS SELECT p.name, h.number FROM crm.people p JOIN crm.phones h ON h.person_id = p.id WHERE h.kind = 'work';
