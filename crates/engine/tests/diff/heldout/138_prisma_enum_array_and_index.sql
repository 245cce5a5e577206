-- old
CREATE TYPE "Permission" AS ENUM ('READ', 'WRITE'
, 'LEGACY'
);
CREATE TABLE "ApiKey" (
    "id" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "permissions" "Permission"[]
,
    "expires" TIMESTAMP(3),
    "meta" JSONB
        NOT NULL DEFAULT '{}'
,
    CONSTRAINT "ApiKey_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "ApiKey_hash_idx" ON "ApiKey"("hash");
CREATE UNIQUE INDEX "ApiKey_hash_expires_key" ON "ApiKey"("hash", "expires"
    );
-- new
CREATE TYPE "Permission" AS ENUM ('READ', 'WRITE'
, 'ADMIN'
);
CREATE TABLE "ApiKey" (
    "id" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "permissions" "Permission"[]
        DEFAULT ARRAY['READ']::"Permission"[]
,
    "expires" TIMESTAMP(3),
    "meta" JSONB
,
    CONSTRAINT "ApiKey_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "ApiKey_hash_idx" ON "ApiKey" USING HASH ("hash");
CREATE INDEX "ApiKey_permissions_idx" ON "ApiKey" USING GIN ("permissions");
CREATE INDEX "ApiKey_meta_idx" ON "ApiKey" USING GIN ("meta" jsonb_path_ops);
CREATE UNIQUE INDEX "ApiKey_hash_expires_key" ON "ApiKey"("hash", "expires"
    DESC);
