-- old
CREATE TABLE public.schema_migrations (version character varying NOT NULL PRIMARY KEY);
CREATE TABLE public.ar_internal_metadata (
  key character varying NOT NULL PRIMARY KEY,
  value character varying,
  created_at timestamp(6) without time zone NOT NULL,
  updated_at timestamp(6) without time zone NOT NULL
);
CREATE TABLE public.users (
  id bigserial PRIMARY KEY,
  email character varying DEFAULT ''::character varying NOT NULL,
  encrypted_password character varying DEFAULT ''::character varying NOT NULL,
  reset_password_token character varying,
  sign_in_count integer DEFAULT 0 NOT NULL,
  role integer DEFAULT 0,
  created_at timestamp without time zone NOT NULL,
  updated_at timestamp without time zone NOT NULL
);
CREATE UNIQUE INDEX index_users_on_email ON public.users USING btree (email);
CREATE UNIQUE INDEX index_users_on_reset_password_token ON public.users (reset_password_token);
CREATE TABLE public.products (
  id bigserial PRIMARY KEY,
  title character varying,
  price_cents integer DEFAULT 0 NOT NULL,
  price_currency character varying DEFAULT 'EUR' NOT NULL,
  tags character varying[] DEFAULT '{}',
  properties json,
  created_at timestamp without time zone NOT NULL,
  updated_at timestamp without time zone NOT NULL
);
CREATE INDEX index_products_on_tags ON public.products USING gin (tags);
CREATE TABLE public.orders (
  id bigserial PRIMARY KEY,
  user_id bigint,
  state character varying DEFAULT 'cart',
  number character varying,
  created_at timestamp without time zone NOT NULL,
  updated_at timestamp without time zone NOT NULL
);
CREATE INDEX index_orders_on_user_id ON public.orders (user_id);
CREATE TABLE public.line_items (
  id bigserial PRIMARY KEY,
  order_id bigint,
  product_id bigint,
  quantity integer DEFAULT 1
);
CREATE INDEX index_line_items_on_order_id ON public.line_items (order_id);
CREATE INDEX index_line_items_on_product_id ON public.line_items (product_id);
ALTER TABLE ONLY public.line_items ADD CONSTRAINT fk_rails_2dc2e5c22c FOREIGN KEY (order_id) REFERENCES public.orders(id);
ALTER TABLE ONLY public.line_items ADD CONSTRAINT fk_rails_11e15d5c6b FOREIGN KEY (product_id) REFERENCES public.products(id);
ALTER TABLE ONLY public.orders ADD CONSTRAINT fk_rails_f868b47f6a FOREIGN KEY (user_id) REFERENCES public.users(id);
-- new
CREATE EXTENSION IF NOT EXISTS citext;
CREATE EXTENSION IF NOT EXISTS pgcrypto;
CREATE TYPE public.order_state AS ENUM ('cart', 'placed', 'paid', 'shipped', 'cancelled');
CREATE TABLE public.schema_migrations (version character varying NOT NULL PRIMARY KEY);
CREATE TABLE public.ar_internal_metadata (
  key character varying NOT NULL PRIMARY KEY,
  value character varying,
  created_at timestamp(6) without time zone NOT NULL,
  updated_at timestamp(6) without time zone NOT NULL
);
CREATE TABLE public.users (
  id bigserial PRIMARY KEY,
  uuid uuid DEFAULT gen_random_uuid() NOT NULL,
  email public.citext NOT NULL,
  encrypted_password character varying DEFAULT ''::character varying NOT NULL,
  reset_password_token character varying(64),
  sign_in_count integer DEFAULT 0 NOT NULL,
  failed_attempts smallint DEFAULT 0 NOT NULL,
  role character varying(20) DEFAULT 'customer' NOT NULL,
  discarded_at timestamp(6) without time zone,
  created_at timestamp(6) without time zone NOT NULL,
  updated_at timestamp(6) without time zone NOT NULL,
  CONSTRAINT users_role_known CHECK (role IN ('customer', 'staff', 'admin'))
);
CREATE UNIQUE INDEX index_users_on_email ON public.users USING btree (email) WHERE (discarded_at IS NULL);
CREATE UNIQUE INDEX index_users_on_reset_password_token ON public.users (reset_password_token);
CREATE UNIQUE INDEX index_users_on_uuid ON public.users (uuid);
CREATE TABLE public.products (
  id bigserial PRIMARY KEY,
  title character varying NOT NULL,
  slug character varying GENERATED ALWAYS AS (lower(replace(title::text, ' ', '-'))) STORED,
  price numeric(12,2) DEFAULT 0.0 NOT NULL,
  price_currency character(3) DEFAULT 'EUR' NOT NULL,
  tags text[] DEFAULT '{}' NOT NULL,
  properties jsonb DEFAULT '{}'::jsonb NOT NULL,
  created_at timestamp(6) without time zone NOT NULL,
  updated_at timestamp(6) without time zone NOT NULL
);
CREATE INDEX index_products_on_tags ON public.products USING gin (tags);
CREATE INDEX index_products_on_properties ON public.products USING gin (properties jsonb_path_ops);
CREATE TABLE public.orders (
  id bigserial PRIMARY KEY,
  user_id bigint NOT NULL,
  state public.order_state DEFAULT 'cart' NOT NULL,
  number character varying NOT NULL,
  line_items_count integer DEFAULT 0 NOT NULL,
  created_at timestamp(6) without time zone NOT NULL,
  updated_at timestamp(6) without time zone NOT NULL
);
CREATE INDEX index_orders_on_user_id_and_state ON public.orders (user_id, state);
CREATE UNIQUE INDEX index_orders_on_number ON public.orders (number);
CREATE INDEX index_orders_on_created_at ON public.orders USING brin (created_at) WITH (pages_per_range=32);
CREATE TABLE public.order_items (
  id bigserial PRIMARY KEY,
  order_id bigint NOT NULL,
  product_id bigint NOT NULL,
  quantity integer DEFAULT 1 NOT NULL CHECK (quantity > 0)
);
CREATE UNIQUE INDEX index_order_items_on_order_id_and_product_id ON public.order_items (order_id, product_id);
CREATE INDEX index_order_items_on_product_id ON public.order_items (product_id);
ALTER TABLE ONLY public.order_items ADD CONSTRAINT fk_rails_e3cb28f071 FOREIGN KEY (order_id) REFERENCES public.orders(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.order_items ADD CONSTRAINT fk_rails_f1a29ddd47 FOREIGN KEY (product_id) REFERENCES public.products(id) ON DELETE RESTRICT;
ALTER TABLE ONLY public.orders ADD CONSTRAINT fk_rails_f868b47f6a FOREIGN KEY (user_id) REFERENCES public.users(id) DEFERRABLE INITIALLY DEFERRED;
