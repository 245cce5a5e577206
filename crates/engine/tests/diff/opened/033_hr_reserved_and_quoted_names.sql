-- old
CREATE SCHEMA "HR Data";
CREATE TABLE "HR Data"."user" (
    "order" integer PRIMARY KEY,
    "select" text,
    "From Date" date,
    "Größe" numeric
);
CREATE TABLE "HR Data"."group" (
    "user" integer REFERENCES "HR Data"."user" ("order"),
    "table" text CHECK ("table" <> '')
);
CREATE INDEX "user From" ON "HR Data"."user" ("From Date", "Größe");
CREATE VIEW "HR Data"."current_user" AS SELECT "order", "From Date" FROM "HR Data"."user";
COMMENT ON COLUMN "HR Data"."user"."From Date" IS 'It''s the "start"';
GRANT SELECT ("order") ON "HR Data"."user" TO app_reader;
-- new
CREATE SCHEMA "HR Data";
CREATE TABLE "HR Data"."user" (
    "order" integer PRIMARY KEY,
    "select" text,
    "From Date" timestamptz,
    "Größe" numeric
);
CREATE TABLE "HR Data"."group" (
    "user" integer REFERENCES "HR Data"."user" ("order"),
    "table" text CONSTRAINT "table's check" CHECK ("table" <> '' AND "table" <> 'it''s'),
    "all" boolean DEFAULT true
);
CREATE INDEX "user From" ON "HR Data"."user" ("From Date", "Größe");
CREATE VIEW "HR Data"."current_user" AS SELECT u."order" AS "Order", u."From Date", g."all" FROM "HR Data"."user" u LEFT JOIN "HR Data"."group" g ON g."user" = u."order";
COMMENT ON COLUMN "HR Data"."user"."From Date" IS 'It''s the "start"';
GRANT SELECT ("order") ON "HR Data"."user" TO app_reader;
