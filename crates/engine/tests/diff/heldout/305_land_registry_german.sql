-- old
CREATE SCHEMA kataster;
CREATE TABLE kataster."Gemarkung" ("Schlüssel" char(6) PRIMARY KEY, "Name" varchar(60));
CREATE TABLE kataster."Flurstück" ("Kennzeichen" char(20) PRIMARY KEY, "Gemarkung" char(6) REFERENCES kataster."Gemarkung", "Fläche" int CHECK ("Fläche" > 0), "Nutzung" varchar(20) DEFAULT 'unbekannt');
CREATE TABLE kataster."Eigentümer" (id serial PRIMARY KEY, "Name" text, "Anschrift" text);
CREATE TABLE kataster."Eigentum" ("Flurstück" char(20) REFERENCES kataster."Flurstück", "Eigentümer" int REFERENCES kataster."Eigentümer", "Anteil" varchar(10), PRIMARY KEY ("Flurstück", "Eigentümer"));
CREATE INDEX "Flurstück nach Nutzung" ON kataster."Flurstück" ("Nutzung");
CREATE VIEW kataster."Große Flächen" AS SELECT f."Kennzeichen", f."Fläche" / 10000.0 AS "ha", g."Name" AS "Gemarkung" FROM kataster."Flurstück" f JOIN kataster."Gemarkung" g ON g."Schlüssel" = f."Gemarkung" WHERE f."Fläche" > 100000;
CREATE FUNCTION kataster."prüfe_Anteil"(a text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT a ~ '^\d+/\d+$' $$;
ALTER TABLE kataster."Eigentum" ADD CONSTRAINT "Anteil gültig" CHECK (kataster."prüfe_Anteil"("Anteil"));
COMMENT ON COLUMN kataster."Flurstück"."Fläche" IS 'in m²';
-- new
CREATE SCHEMA kataster;
CREATE TYPE kataster."Bruch" AS ("Zähler" int, "Nenner" int);
CREATE TYPE kataster."Nutzungsart" AS ENUM ('Wohnbau', 'Acker', 'Grünland', 'Wald', 'Gewässer', 'Straße');
CREATE TABLE kataster."Gemarkung" ("Schlüssel" char(6) PRIMARY KEY, "Name" varchar(60) NOT NULL, "Kreis" char(5) NOT NULL DEFAULT '00000');
CREATE TABLE kataster."Flurstück" ("Kennzeichen" char(20) PRIMARY KEY, "Gemarkung" char(6) NOT NULL REFERENCES kataster."Gemarkung" ON UPDATE CASCADE, "Flur" smallint GENERATED ALWAYS AS (substr("Kennzeichen"::text, 7, 3)::smallint) STORED, "Fläche" numeric(12,1) CHECK ("Fläche" > 0), "Nutzung" kataster."Nutzungsart"[] DEFAULT '{Acker}', "Gültig" daterange NOT NULL DEFAULT '[2000-01-01,)');
CREATE TABLE kataster."Person" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "Name" text NOT NULL COLLATE "C", "Anschrift" text, "Geburtstag" date);
CREATE TABLE kataster."Eigentum" ("Flurstück" char(20) REFERENCES kataster."Flurstück" ON DELETE CASCADE, "Person" int REFERENCES kataster."Person", "Anteil" kataster."Bruch" NOT NULL, CONSTRAINT "Eigentum_pkey" PRIMARY KEY ("Person", "Flurstück"));
CREATE INDEX "Flurstück nach Nutzung" ON kataster."Flurstück" USING gin ("Nutzung");
CREATE FUNCTION kataster."prüfe_Anteil"(a kataster."Bruch") RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT (a)."Nenner" > 0 AND (a)."Zähler" BETWEEN 1 AND (a)."Nenner" $$;
ALTER TABLE kataster."Eigentum" ADD CONSTRAINT "Anteil gültig" CHECK (kataster."prüfe_Anteil"("Anteil"));
CREATE VIEW kataster."Große Flächen" AS SELECT f."Kennzeichen", round(f."Fläche" / 10000, 2) AS "ha", g."Name" AS "Gemarkung", f."Flur" FROM kataster."Flurstück" f JOIN kataster."Gemarkung" g ON g."Schlüssel" = f."Gemarkung" WHERE f."Fläche" > 100000 AND upper_inf(f."Gültig");
CREATE MATERIALIZED VIEW kataster."Übersicht" AS SELECT "Gemarkung", count(*) AS "Anzahl", sum("ha") AS "Summe (ha)" FROM kataster."Große Flächen" GROUP BY "Gemarkung";
CREATE UNIQUE INDEX "Übersicht_Schlüssel" ON kataster."Übersicht" ("Gemarkung");
COMMENT ON COLUMN kataster."Flurstück"."Fläche" IS 'in m², eine Nachkommastelle';
COMMENT ON TYPE kataster."Bruch" IS '½, ⅓ usw.';
GRANT SELECT ("Kennzeichen", "Fläche") ON kataster."Flurstück" TO app_reader;
