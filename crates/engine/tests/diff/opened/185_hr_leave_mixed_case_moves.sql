-- old
CREATE SCHEMA "Hr";
CREATE SCHEMA hr;
CREATE TYPE "Hr"."Leave Kind" AS ENUM ('Paid', 'Un-paid', 'It''s sick');
CREATE TABLE "Hr"."Leave" ("Id" int PRIMARY KEY, "Kind" "Hr"."Leave Kind" DEFAULT 'It''s sick', "from" date, "to" date, CHECK ("to" >= "from"));
CREATE VIEW "Hr"."Who's Off" AS SELECT "Id" AS "Nr.", "to" - "from" + 1 AS "Days%" FROM "Hr"."Leave" WHERE CURRENT_DATE BETWEEN "from" AND "to";
CREATE FUNCTION "Hr"."days off"("of Whom" int) RETURNS int LANGUAGE sql STABLE AS $$ SELECT sum("to" - "from")::int FROM "Hr"."Leave" WHERE "Id" = "of Whom" $$;
GRANT SELECT ("Nr.") ON "Hr"."Who's Off" TO app_reader;
COMMENT ON COLUMN "Hr"."Who's Off"."Days%" IS '100 %';
-- new
CREATE SCHEMA "Hr";
CREATE SCHEMA hr;
CREATE TYPE hr."Leave Kind" AS ENUM ('Paid', 'Un-paid', 'It''s sick', '');
CREATE TABLE hr."Leave" ("Id" int PRIMARY KEY, "Kind" hr."Leave Kind" DEFAULT 'It''s sick', "from" date, "to" date, "Days%" int GENERATED ALWAYS AS ("to" - "from" + 1) STORED, CHECK ("to" >= "from"));
CREATE VIEW "Hr"."Who's Off" AS SELECT "Id" AS "Nr.", "Days%" FROM hr."Leave" WHERE CURRENT_DATE BETWEEN "from" AND "to";
CREATE FUNCTION "Hr"."days off"("of Whom" int, "In Year" int DEFAULT 2024) RETURNS int LANGUAGE sql STABLE AS $$ SELECT sum("Days%")::int FROM hr."Leave" WHERE "Id" = "of Whom" $$;
GRANT SELECT ("Nr.") ON "Hr"."Who's Off" TO app_reader;
COMMENT ON COLUMN "Hr"."Who's Off"."Days%" IS '100 %';
