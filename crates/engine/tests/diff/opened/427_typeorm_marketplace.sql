-- old
CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
CREATE TYPE "public"."listing_state_enum" AS ENUM('draft', 'published', 'sold');
CREATE TABLE "seller" ("id" uuid NOT NULL DEFAULT uuid_generate_v4(), "shopName" character varying NOT NULL, "rating" double precision, CONSTRAINT "PK_36445a9c6e794945a4a4a8d3c9d" PRIMARY KEY ("id"));
CREATE TABLE "listing" ("id" SERIAL NOT NULL, "title" character varying(255) NOT NULL, "state" "public"."listing_state_enum" NOT NULL DEFAULT 'draft', "price" integer NOT NULL, "sellerId" uuid, CONSTRAINT "PK_381d45ebb8692362c156d6b87d7" PRIMARY KEY ("id"));
CREATE INDEX "IDX_listing_state" ON "listing" ("state");
CREATE TABLE "photo" ("id" SERIAL NOT NULL, "url" character varying NOT NULL, "listingId" integer, CONSTRAINT "PK_723fa50bf70dcfd06fb5a44d4ff" PRIMARY KEY ("id"));
ALTER TABLE "listing" ADD CONSTRAINT "FK_seller" FOREIGN KEY ("sellerId") REFERENCES "seller"("id") ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "photo" ADD CONSTRAINT "FK_listing" FOREIGN KEY ("listingId") REFERENCES "listing"("id") ON DELETE CASCADE ON UPDATE NO ACTION;
CREATE TABLE "migrations" ("id" SERIAL NOT NULL, "timestamp" bigint NOT NULL, "name" character varying NOT NULL, CONSTRAINT "PK_8c82d7f526340ab734260ea46be" PRIMARY KEY ("id"));
-- new
CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
CREATE TYPE "public"."listing_state_enum" AS ENUM('draft', 'active', 'sold', 'archived');
CREATE TYPE "public"."listing_condition_enum" AS ENUM('new', 'used');
CREATE TABLE "seller" ("id" uuid NOT NULL DEFAULT uuid_generate_v4(), "shopName" character varying NOT NULL, "rating" double precision, CONSTRAINT "PK_36445a9c6e794945a4a4a8d3c9d" PRIMARY KEY ("id"));
CREATE TABLE "listing" (
  "id" SERIAL NOT NULL,
  "title" character varying(255) NOT NULL,
  "state" "public"."listing_state_enum" NOT NULL DEFAULT 'draft',
  "price" integer NOT NULL,
  "condition" "public"."listing_condition_enum" array NOT NULL DEFAULT '{used}',
  "sellerId" uuid,
  "createdAt" TIMESTAMP NOT NULL DEFAULT now(),
  CONSTRAINT "PK_381d45ebb8692362c156d6b87d7" PRIMARY KEY ("id")
);
CREATE INDEX "IDX_listing_state" ON "listing" ("state");
CREATE TABLE "photo" ("id" SERIAL NOT NULL, "url" character varying NOT NULL, "listingId" integer, CONSTRAINT "PK_723fa50bf70dcfd06fb5a44d4ff" PRIMARY KEY ("id"));
ALTER TABLE "photo" ADD CONSTRAINT "FK_listing" FOREIGN KEY ("listingId") REFERENCES "listing"("id") ON DELETE CASCADE ON UPDATE NO ACTION;
CREATE TABLE "migrations" ("id" SERIAL NOT NULL, "timestamp" bigint NOT NULL, "name" character varying NOT NULL, CONSTRAINT "PK_8c82d7f526340ab734260ea46be" PRIMARY KEY ("id"));
CREATE VIEW "active_listing" AS SELECT "l"."id", "l"."title", "s"."shopName" FROM "listing" "l" INNER JOIN "seller" "s" ON "s"."id" = "l"."sellerId" WHERE "l"."state" = 'active';
