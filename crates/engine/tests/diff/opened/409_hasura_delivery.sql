-- old
CREATE SCHEMA hdb_catalog;
CREATE FUNCTION hdb_catalog.gen_hasura_uuid() RETURNS uuid LANGUAGE sql AS $$select gen_random_uuid()$$;
CREATE TABLE public.order_status (value text NOT NULL, comment text);
ALTER TABLE ONLY public.order_status ADD CONSTRAINT order_status_pkey PRIMARY KEY (value);
CREATE TABLE public.drivers (id uuid DEFAULT gen_random_uuid() NOT NULL, name text NOT NULL, phone text, created_at timestamptz DEFAULT now() NOT NULL, updated_at timestamptz DEFAULT now() NOT NULL);
ALTER TABLE ONLY public.drivers ADD CONSTRAINT drivers_pkey PRIMARY KEY (id);
CREATE TABLE public.deliveries (id uuid DEFAULT gen_random_uuid() NOT NULL, driver_id uuid, status text DEFAULT 'pending' NOT NULL, address jsonb NOT NULL, updated_at timestamptz DEFAULT now() NOT NULL);
ALTER TABLE ONLY public.deliveries ADD CONSTRAINT deliveries_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.deliveries ADD CONSTRAINT deliveries_driver_id_fkey FOREIGN KEY (driver_id) REFERENCES public.drivers(id) ON UPDATE RESTRICT ON DELETE RESTRICT;
ALTER TABLE ONLY public.deliveries ADD CONSTRAINT deliveries_status_fkey FOREIGN KEY (status) REFERENCES public.order_status(value) ON UPDATE RESTRICT ON DELETE RESTRICT;
CREATE FUNCTION public.set_current_timestamp_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  _new record;
BEGIN
  _new := NEW;
  _new."updated_at" = NOW();
  RETURN _new;
END;
$$;
CREATE TRIGGER set_public_drivers_updated_at BEFORE UPDATE ON public.drivers FOR EACH ROW EXECUTE FUNCTION public.set_current_timestamp_updated_at();
COMMENT ON TRIGGER set_public_drivers_updated_at ON public.drivers IS 'trigger to set value of column "updated_at" to current timestamp on row update';
-- new
CREATE TABLE public.order_status (value text NOT NULL, comment text);
ALTER TABLE ONLY public.order_status ADD CONSTRAINT order_status_pkey PRIMARY KEY (value);
CREATE SCHEMA hdb_catalog;
CREATE TABLE public.delivery_status (value text NOT NULL, comment text DEFAULT '' NOT NULL);
ALTER TABLE ONLY public.delivery_status ADD CONSTRAINT delivery_status_pkey PRIMARY KEY (value);
CREATE TABLE public.drivers (id uuid DEFAULT gen_random_uuid() NOT NULL, name text NOT NULL, phone text, created_at timestamptz DEFAULT now() NOT NULL, updated_at timestamptz DEFAULT now() NOT NULL, is_active boolean DEFAULT true NOT NULL);
ALTER TABLE ONLY public.drivers ADD CONSTRAINT drivers_pkey PRIMARY KEY (id);
CREATE TABLE public.deliveries (id uuid DEFAULT gen_random_uuid() NOT NULL, driver_id uuid, status text DEFAULT 'pending' NOT NULL, street text NOT NULL, city text NOT NULL, updated_at timestamptz DEFAULT now() NOT NULL);
ALTER TABLE ONLY public.deliveries ADD CONSTRAINT deliveries_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.deliveries ADD CONSTRAINT deliveries_driver_id_fkey FOREIGN KEY (driver_id) REFERENCES public.drivers(id) ON UPDATE RESTRICT ON DELETE RESTRICT;
CREATE FUNCTION public.set_current_timestamp_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  _new record;
BEGIN
  _new := NEW;
  _new."updated_at" = NOW();
  RETURN _new;
END;
$$;
CREATE TRIGGER set_public_drivers_updated_at BEFORE UPDATE ON public.drivers FOR EACH ROW EXECUTE FUNCTION public.set_current_timestamp_updated_at();
COMMENT ON TRIGGER set_public_drivers_updated_at ON public.drivers IS 'trigger to set value of column "updated_at" to current timestamp on row update';
CREATE TRIGGER set_public_deliveries_updated_at BEFORE UPDATE ON public.deliveries FOR EACH ROW WHEN (old.* IS DISTINCT FROM new.*) EXECUTE FUNCTION public.set_current_timestamp_updated_at();
