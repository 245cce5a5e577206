-- old
CREATE SCHEMA "ERP";
CREATE TABLE "ERP"."Kunden" ("KundenNr" integer NOT NULL, "Name 1" varchar(35), "Straße" varchar(35), "PLZ" char(5), CONSTRAINT "PK_Kunden" PRIMARY KEY ("KundenNr"));
CREATE TABLE "ERP"."Aufträge" ("AuftragsNr" integer NOT NULL, "KundenNr" integer NOT NULL, "order" smallint, "user" varchar(10) DEFAULT 'system', "Betrag" real, CONSTRAINT "PK_Aufträge" PRIMARY KEY ("AuftragsNr"), CONSTRAINT "FK Aufträge/Kunden" FOREIGN KEY ("KundenNr") REFERENCES "ERP"."Kunden" ("KundenNr"));
CREATE INDEX "IX Aufträge KundenNr" ON "ERP"."Aufträge" ("KundenNr");
CREATE FUNCTION "ERP"."Rabatt"("Betrag" real) RETURNS real LANGUAGE sql IMMUTABLE AS $body$ SELECT CASE WHEN "Betrag" > 1000 THEN 0.03 ELSE 0 END::real $body$;
CREATE VIEW "ERP"."Umsatz je Kunde" AS SELECT k."KundenNr", k."Name 1", sum(a."Betrag") AS "Umsatz" FROM "ERP"."Kunden" k LEFT JOIN "ERP"."Aufträge" a USING ("KundenNr") GROUP BY k."KundenNr";
COMMENT ON COLUMN "ERP"."Kunden"."Name 1" IS 'Firma oder ''Nachname''';
-- new
CREATE SCHEMA "ERP";
CREATE TABLE "ERP"."Kunden" ("KundenNr" integer NOT NULL, "Name 1" varchar(80) NOT NULL, "Straße" varchar(35), "PLZ" varchar(10), "Land" char(2) DEFAULT 'DE' NOT NULL, CONSTRAINT "PK_Kunden" PRIMARY KEY ("KundenNr"), CONSTRAINT "CK PLZ" CHECK ("Land" <> 'DE' OR "PLZ" ~ '^\d{5}$'));
CREATE TABLE "ERP"."Aufträge" ("AuftragsNr" integer NOT NULL, "KundenNr" integer NOT NULL, "Pos" smallint DEFAULT 1 NOT NULL, "user" varchar(30) DEFAULT 'it''s system', "Betrag" numeric(12,2), CONSTRAINT "PK_Aufträge" PRIMARY KEY ("AuftragsNr", "Pos"), CONSTRAINT "FK Aufträge/Kunden" FOREIGN KEY ("KundenNr") REFERENCES "ERP"."Kunden" ("KundenNr") ON DELETE RESTRICT);
CREATE INDEX "IX Aufträge KundenNr" ON "ERP"."Aufträge" ("KundenNr");
CREATE FUNCTION "ERP"."Rabatt"("Betrag" numeric, "Land" char DEFAULT 'DE') RETURNS numeric LANGUAGE sql IMMUTABLE AS $body$ SELECT CASE WHEN "Betrag" > 1000 AND "Land" = 'DE' THEN 0.03 ELSE 0 END $body$;
CREATE VIEW "ERP"."Umsatz je Kunde" AS SELECT k."KundenNr", k."Name 1", k."Land", sum(a."Betrag") AS "Umsatz", max("ERP"."Rabatt"(a."Betrag", k."Land")) AS "Rabatt %" FROM "ERP"."Kunden" k LEFT JOIN "ERP"."Aufträge" a USING ("KundenNr") GROUP BY k."KundenNr";
COMMENT ON COLUMN "ERP"."Kunden"."Name 1" IS 'Firma oder ''Nachname''';
COMMENT ON VIEW "ERP"."Umsatz je Kunde" IS 'für den Vertrieb';
