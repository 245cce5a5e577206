-- old
CREATE TABLE asset (
    id bigserial PRIMARY KEY,
    tag text NOT NULL,
    bought date,
    CHECK (tag <> '')
);
CREATE TABLE laptop (cpu text, ram_gb int) INHERITS (asset);
CREATE TABLE phone (imei text UNIQUE) INHERITS (asset);
ALTER TABLE laptop ADD PRIMARY KEY (id);
ALTER TABLE laptop ALTER ram_gb SET DEFAULT 16;
ALTER TABLE phone ADD CHECK (length(imei) = 15) NO INHERIT;
CREATE VIEW assets AS SELECT tableoid::regclass AS kind, id, tag, bought FROM asset;
-- new
CREATE TABLE asset (
    id bigserial PRIMARY KEY,
    tag text NOT NULL,
    bought date NOT NULL DEFAULT CURRENT_DATE,
    cost numeric(10,2) CHECK (cost > 0),
    CHECK (tag <> '')
);
CREATE TABLE laptop (cpu text, ram_gb int) INHERITS (asset);
CREATE TABLE phone (imei text UNIQUE, cost numeric(10,2) DEFAULT 99) INHERITS (asset);
ALTER TABLE laptop ADD PRIMARY KEY (id);
ALTER TABLE laptop ALTER ram_gb SET DEFAULT 16;
ALTER TABLE phone ADD CHECK (length(imei) = 15);
CREATE VIEW assets AS SELECT tableoid::regclass AS kind, id, tag, bought FROM asset;
