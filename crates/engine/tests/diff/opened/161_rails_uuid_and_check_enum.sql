-- old
CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
CREATE TABLE public.orders (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    state integer DEFAULT 0 NOT NULL,
    total_cents integer DEFAULT 0 NOT NULL,
    total_currency character varying DEFAULT 'USD'::character varying NOT NULL,
    lock_version integer,
    CONSTRAINT orders_pkey PRIMARY KEY (id)
);
CREATE INDEX index_orders_on_state ON public.orders USING btree (state);
CREATE TABLE public.line_items (
    id uuid DEFAULT
        public.uuid_generate_v4()
     NOT NULL CONSTRAINT line_items_pkey PRIMARY KEY,
    order_id uuid NOT NULL,
    "position" integer
);
ALTER TABLE ONLY public.line_items ADD CONSTRAINT fk_rails_2dc2e5c22c FOREIGN KEY (order_id) REFERENCES public.orders(id)
    ;
CREATE INDEX index_line_items_on_order_id ON public.line_items USING btree (order_id);
-- new
CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
CREATE TABLE public.orders (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    state character varying DEFAULT 'cart'::character varying NOT NULL,
    total_cents integer DEFAULT 0 NOT NULL,
    total_currency character varying(3) DEFAULT 'EUR'::character varying NOT NULL,
    lock_version integer,
    CONSTRAINT orders_pkey PRIMARY KEY (id)
    , CONSTRAINT chk_rails_1 CHECK (((state)::text = ANY ((ARRAY['cart'::character varying, 'paid'::character varying, 'sent'::character varying])::text[])))
);
CREATE INDEX index_orders_on_state ON public.orders USING btree (state) WHERE ((state)::text <> 'cart'::text);
CREATE TABLE public.line_items (
    id uuid DEFAULT
        gen_random_uuid()
     NOT NULL CONSTRAINT line_items_pkey PRIMARY KEY,
    order_id uuid NOT NULL,
    "position" integer
);
ALTER TABLE ONLY public.line_items ADD CONSTRAINT fk_rails_2dc2e5c22c FOREIGN KEY (order_id) REFERENCES public.orders(id)
    ON DELETE CASCADE;
CREATE INDEX index_line_items_on_order_id ON public.line_items USING btree (order_id);
