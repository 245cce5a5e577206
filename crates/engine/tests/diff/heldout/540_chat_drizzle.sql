-- old
CREATE TYPE "public"."room_kind" AS ENUM ('direct', 'group');
CREATE TABLE "users" ("id" serial PRIMARY KEY NOT NULL, "handle" varchar(32) NOT NULL, "avatar" text, CONSTRAINT "users_handle_unique" UNIQUE ("handle"));
CREATE TABLE "rooms" ("id" serial PRIMARY KEY NOT NULL, "kind" "room_kind" DEFAULT 'direct' NOT NULL, "title" text);
CREATE TABLE "members" ("room_id" integer NOT NULL, "user_id" integer NOT NULL, "joined_at" timestamp DEFAULT now() NOT NULL, CONSTRAINT "members_room_id_user_id_pk" PRIMARY KEY ("room_id", "user_id"));
CREATE TABLE "messages" ("id" serial PRIMARY KEY NOT NULL, "room_id" integer NOT NULL, "user_id" integer, "body" text NOT NULL, "sent_at" timestamp DEFAULT now() NOT NULL);
ALTER TABLE "members" ADD CONSTRAINT "members_room_id_rooms_id_fk" FOREIGN KEY ("room_id") REFERENCES "public"."rooms"("id") ON DELETE no action ON UPDATE no action;
ALTER TABLE "members" ADD CONSTRAINT "members_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;
ALTER TABLE "messages" ADD CONSTRAINT "messages_room_id_rooms_id_fk" FOREIGN KEY ("room_id") REFERENCES "public"."rooms"("id") ON DELETE no action ON UPDATE no action;
-- new
CREATE TYPE "public"."room_kind" AS ENUM ('channel', 'direct', 'group');
CREATE TABLE "users" ("id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "users_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1), "handle" varchar(32) NOT NULL, "avatar" text, CONSTRAINT "users_handle_unique" UNIQUE ("handle"));
CREATE TABLE "rooms" ("id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL, "kind" "room_kind" DEFAULT 'direct' NOT NULL, "title" text, "last_message_id" bigint);
CREATE TABLE "members" ("room_id" uuid NOT NULL, "user_id" integer NOT NULL, "joined_at" timestamp with time zone DEFAULT now() NOT NULL, CONSTRAINT "members_room_id_user_id_pk" PRIMARY KEY ("room_id", "user_id"));
CREATE TABLE "messages" ("id" bigserial PRIMARY KEY NOT NULL, "room_id" uuid NOT NULL, "user_id" integer, "body" text NOT NULL, "sent_at" timestamp with time zone DEFAULT now() NOT NULL);
ALTER TABLE "rooms" ADD CONSTRAINT "rooms_last_message_id_messages_id_fk" FOREIGN KEY ("last_message_id") REFERENCES "public"."messages"("id") ON DELETE set null ON UPDATE no action;
ALTER TABLE "members" ADD CONSTRAINT "members_room_id_rooms_id_fk" FOREIGN KEY ("room_id") REFERENCES "public"."rooms"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "members" ADD CONSTRAINT "members_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "messages" ADD CONSTRAINT "messages_room_id_rooms_id_fk" FOREIGN KEY ("room_id") REFERENCES "public"."rooms"("id") ON DELETE cascade ON UPDATE no action;
CREATE INDEX "messages_room_sent_idx" ON "messages" USING btree ("room_id", "sent_at" DESC NULLS LAST);
