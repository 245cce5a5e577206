-- old
CREATE FUNCTION public.set_current_timestamp_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  _new record;
BEGIN
  _new := NEW;
  _new."updated_at" = NOW();
  RETURN _new;
END;
$$;
CREATE TABLE public.couriers (id uuid DEFAULT gen_random_uuid() NOT NULL, name text NOT NULL, online boolean DEFAULT false NOT NULL, updated_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE public.order_status (value text NOT NULL, comment text);
CREATE TABLE public.orders (id uuid DEFAULT gen_random_uuid() NOT NULL, courier_id uuid, status text DEFAULT 'new'::text NOT NULL, address jsonb NOT NULL, updated_at timestamp with time zone DEFAULT now() NOT NULL);
ALTER TABLE ONLY public.couriers ADD CONSTRAINT couriers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.order_status ADD CONSTRAINT order_status_pkey PRIMARY KEY (value);
ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
CREATE TRIGGER set_public_orders_updated_at BEFORE UPDATE ON public.orders FOR EACH ROW EXECUTE FUNCTION public.set_current_timestamp_updated_at();
COMMENT ON TRIGGER set_public_orders_updated_at ON public.orders IS 'trigger to set value of column "updated_at" to current timestamp on row update';
ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_status_fkey FOREIGN KEY (status) REFERENCES public.order_status(value) ON UPDATE RESTRICT ON DELETE RESTRICT;
ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_courier_id_fkey FOREIGN KEY (courier_id) REFERENCES public.couriers(id) ON UPDATE RESTRICT ON DELETE RESTRICT;
-- new
CREATE FUNCTION public.set_current_timestamp_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  _new record;
BEGIN
  _new := NEW;
  _new."updated_at" = NOW();
  RETURN _new;
END;
$$;
CREATE TABLE public.couriers (id uuid DEFAULT gen_random_uuid() NOT NULL, name text NOT NULL, online boolean DEFAULT false NOT NULL, created_at timestamp with time zone DEFAULT now() NOT NULL, updated_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE TABLE public.order_status (value text NOT NULL, comment text);
CREATE TABLE public.addresses (id uuid DEFAULT gen_random_uuid() NOT NULL, street text NOT NULL, city text NOT NULL, zip text);
CREATE TABLE public.orders (id uuid DEFAULT gen_random_uuid() NOT NULL, courier_id uuid, status text DEFAULT 'new'::text NOT NULL, address_id uuid NOT NULL, total_cents integer DEFAULT 0 NOT NULL, updated_at timestamp with time zone DEFAULT now() NOT NULL);
CREATE FUNCTION public.orders_is_late(order_row public.orders) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT order_row.updated_at < now() - interval '45 minutes' $$;
ALTER TABLE ONLY public.couriers ADD CONSTRAINT couriers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.order_status ADD CONSTRAINT order_status_pkey PRIMARY KEY (value);
ALTER TABLE ONLY public.addresses ADD CONSTRAINT addresses_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
CREATE TRIGGER set_public_orders_updated_at BEFORE UPDATE ON public.orders FOR EACH ROW EXECUTE FUNCTION public.set_current_timestamp_updated_at();
COMMENT ON TRIGGER set_public_orders_updated_at ON public.orders IS 'trigger to set value of column "updated_at" to current timestamp on row update';
CREATE TRIGGER set_public_couriers_updated_at BEFORE UPDATE ON public.couriers FOR EACH ROW EXECUTE FUNCTION public.set_current_timestamp_updated_at();
ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_status_fkey FOREIGN KEY (status) REFERENCES public.order_status(value) ON UPDATE CASCADE ON DELETE RESTRICT;
ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_courier_id_fkey FOREIGN KEY (courier_id) REFERENCES public.couriers(id) ON UPDATE RESTRICT ON DELETE SET NULL;
ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_address_id_fkey FOREIGN KEY (address_id) REFERENCES public.addresses(id) ON UPDATE RESTRICT ON DELETE RESTRICT;
