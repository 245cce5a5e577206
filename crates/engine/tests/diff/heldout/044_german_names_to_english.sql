-- old
CREATE SCHEMA lager;
CREATE TYPE lager.zustand AS ENUM ('neu', 'gebraucht', 'defekt');
CREATE TABLE lager.artikel (
    nummer integer PRIMARY KEY,
    bezeichnung text NOT NULL,
    zustand lager.zustand NOT NULL DEFAULT 'neu',
    preis numeric(10,2) CHECK (preis > 0)
);
CREATE TABLE lager.bestand (
    artikel integer NOT NULL REFERENCES lager.artikel,
    regal text NOT NULL,
    menge integer NOT NULL DEFAULT 0,
    PRIMARY KEY (artikel, regal)
);
CREATE VIEW lager.leer AS SELECT nummer, bezeichnung FROM lager.artikel a WHERE NOT EXISTS (SELECT FROM lager.bestand b WHERE b.artikel = a.nummer AND menge > 0);
-- new
CREATE SCHEMA warehouse;
CREATE TYPE warehouse.condition AS ENUM ('new', 'used', 'broken');
CREATE TABLE warehouse.items (
    number integer PRIMARY KEY,
    title text NOT NULL,
    condition warehouse.condition NOT NULL DEFAULT 'new',
    price numeric(10,2) CHECK (price > 0)
);
CREATE TABLE warehouse.stock (
    item integer NOT NULL REFERENCES warehouse.items,
    shelf text NOT NULL,
    quantity integer NOT NULL DEFAULT 0,
    PRIMARY KEY (item, shelf)
);
CREATE VIEW warehouse.empty AS SELECT number, title FROM warehouse.items a WHERE NOT EXISTS (SELECT FROM warehouse.stock b WHERE b.item = a.number AND quantity > 0);
