-- old
CREATE TABLE "Account" ("id" SERIAL NOT NULL, "userId" INTEGER NOT NULL, "provider" TEXT NOT NULL, "providerAccountId" TEXT NOT NULL, CONSTRAINT "Account_pkey" PRIMARY KEY ("id"));
CREATE TABLE "User" ("id" SERIAL NOT NULL, "email" TEXT, "bigNumber" BIGINT, "score" DECIMAL(65,30), "bytes" BYTEA, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "Account_provider_providerAccountId_key" ON "Account"("provider", "providerAccountId");
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
ALTER TABLE "Account" ADD CONSTRAINT "Account_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;
-- new
CREATE SCHEMA "auth";
CREATE TABLE "auth"."Account" ("userId" INTEGER NOT NULL, "provider" TEXT NOT NULL, "providerAccountId" TEXT NOT NULL, "scope" TEXT, CONSTRAINT "Account_pkey" PRIMARY KEY ("provider", "providerAccountId"));
CREATE TABLE "auth"."User" ("id" SERIAL NOT NULL, "email" TEXT, "bigNumber" BIGINT, "score" DECIMAL(65,30) DEFAULT 0.0, "bytes" BYTEA, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "User_email_key" ON "auth"."User"("email");
ALTER TABLE "auth"."Account" ADD CONSTRAINT "Account_userId_fkey" FOREIGN KEY ("userId") REFERENCES "auth"."User"("id") ON DELETE CASCADE ON UPDATE CASCADE;
