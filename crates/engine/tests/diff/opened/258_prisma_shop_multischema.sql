-- old
CREATE TYPE "OrderStatus" AS ENUM ('NEW', 'PAID', 'SENT');
CREATE TABLE "Customer" ("id" TEXT NOT NULL, "email" TEXT NOT NULL, CONSTRAINT "Customer_pkey" PRIMARY KEY ("id"));
CREATE TABLE "Order" ("id" TEXT NOT NULL, "customerId" TEXT NOT NULL, "status" "OrderStatus" NOT NULL DEFAULT 'NEW', "total" DECIMAL(65,30) NOT NULL, "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, CONSTRAINT "Order_pkey" PRIMARY KEY ("id"));
CREATE TABLE "OrderItem" ("orderId" TEXT NOT NULL, "sku" TEXT NOT NULL, "qty" INTEGER NOT NULL DEFAULT 1, CONSTRAINT "OrderItem_pkey" PRIMARY KEY ("orderId","sku"));
CREATE TABLE "Session" ("sid" TEXT NOT NULL, "data" JSONB, "expires" TIMESTAMP(3) NOT NULL);
CREATE UNIQUE INDEX "Customer_email_key" ON "Customer"("email");
CREATE UNIQUE INDEX "Session_sid_key" ON "Session"("sid");
CREATE INDEX "Order_customerId_idx" ON "Order"("customerId");
ALTER TABLE "Order" ADD CONSTRAINT "Order_customerId_fkey" FOREIGN KEY ("customerId") REFERENCES "Customer"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "OrderItem" ADD CONSTRAINT "OrderItem_orderId_fkey" FOREIGN KEY ("orderId") REFERENCES "Order"("id") ON DELETE CASCADE ON UPDATE CASCADE;
-- new
CREATE SCHEMA IF NOT EXISTS "auth";
CREATE SCHEMA IF NOT EXISTS "shop";
CREATE TYPE "shop"."OrderStatus" AS ENUM ('new', 'paid', 'sent', 'returned');
CREATE TYPE "shop"."Currency" AS ENUM ('EUR', 'USD');
CREATE TABLE "auth"."Customer" ("id" UUID NOT NULL DEFAULT gen_random_uuid(), "email" VARCHAR(320) NOT NULL, "marketing" BOOLEAN NOT NULL DEFAULT false, CONSTRAINT "Customer_pkey" PRIMARY KEY ("id"));
CREATE TABLE "shop"."orders" ("id" UUID NOT NULL DEFAULT gen_random_uuid(), "no" SERIAL NOT NULL, "customer_id" UUID, "status" "shop"."OrderStatus" NOT NULL DEFAULT 'new', "currency" "shop"."Currency" NOT NULL DEFAULT 'EUR', "total" DECIMAL(12,2) NOT NULL, "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP, CONSTRAINT "orders_pkey" PRIMARY KEY ("id"));
CREATE TABLE "shop"."order_items" ("order_id" UUID NOT NULL, "line" SMALLINT NOT NULL, "sku" VARCHAR(64) NOT NULL, "qty" INTEGER NOT NULL DEFAULT 1, "meta" JSONB[] DEFAULT ARRAY[]::JSONB[], CONSTRAINT "order_items_pkey" PRIMARY KEY ("order_id","line"));
CREATE TABLE "auth"."Session" ("sid" TEXT NOT NULL, "customerId" UUID NOT NULL, "data" JSONB NOT NULL DEFAULT '{"cart": []}', "expires" TIMESTAMPTZ NOT NULL, CONSTRAINT "Session_pkey" PRIMARY KEY ("sid"));
CREATE UNIQUE INDEX "Customer_email_key" ON "auth"."Customer"("email");
CREATE UNIQUE INDEX "orders_no_key" ON "shop"."orders"("no");
CREATE INDEX "orders_customer_id_created_at_idx" ON "shop"."orders"("customer_id", "created_at" DESC);
CREATE INDEX "Session_expires_idx" ON "auth"."Session" USING BRIN ("expires" timestamptz_minmax_multi_ops);
CREATE INDEX "order_items_sku_idx" ON "shop"."order_items" USING HASH ("sku");
ALTER TABLE "shop"."orders" ADD CONSTRAINT "orders_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "auth"."Customer"("id") ON DELETE SET NULL ON UPDATE NO ACTION;
ALTER TABLE "shop"."order_items" ADD CONSTRAINT "order_items_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "shop"."orders"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "auth"."Session" ADD CONSTRAINT "Session_customerId_fkey" FOREIGN KEY ("customerId") REFERENCES "auth"."Customer"("id") ON DELETE CASCADE ON UPDATE CASCADE;
