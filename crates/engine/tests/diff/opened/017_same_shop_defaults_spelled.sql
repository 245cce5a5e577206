-- old
CREATE TABLE orders (
    id serial PRIMARY KEY,
    total numeric(10,2) NOT NULL DEFAULT 0,
    placed timestamptz DEFAULT now() NOT NULL,
    code varchar(8) UNIQUE,
    CHECK (total >= 0)
);
CREATE INDEX ON orders (placed);
-- new
CREATE SEQUENCE orders_id_seq AS integer;
CREATE TABLE public.orders (
    id int4 NOT NULL DEFAULT nextval('orders_id_seq'::regclass),
    total decimal(10,2) CONSTRAINT orders_total_check CHECK (total >= (0)::numeric),
    placed timestamp with time zone,
    code character varying(8)
);
ALTER SEQUENCE orders_id_seq OWNED BY orders.id;
ALTER TABLE orders ALTER total SET DEFAULT 0, ALTER total SET NOT NULL, ALTER placed SET DEFAULT now(), ALTER placed SET NOT NULL;
CREATE INDEX orders_placed_idx ON orders USING btree (placed ASC NULLS LAST);
ALTER TABLE orders ADD CONSTRAINT orders_code_key UNIQUE (code);
ALTER TABLE orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
