-- old
CREATE TABLE public.products (
    id serial PRIMARY KEY,
    sku varchar(40) NOT NULL,
    price real NOT NULL,
    vat_rate real NOT NULL DEFAULT 0.2,
    gross real GENERATED ALWAYS AS (price * (1 + vat_rate)) STORED,
    CONSTRAINT products_sku_key UNIQUE (sku),
    CONSTRAINT products_price_check CHECK (price >= 0)
);
CREATE INDEX products_gross_idx ON public.products (gross DESC);
CREATE VIEW public.cheap_products AS
    SELECT id, sku, price, gross FROM public.products WHERE gross < 10;
CREATE VIEW public.cheap_product_skus AS
    SELECT sku FROM public.cheap_products;
COMMENT ON COLUMN public.cheap_products.gross IS 'Price with VAT';
GRANT SELECT ON public.cheap_products, public.cheap_product_skus TO app_reader;
-- new
CREATE TABLE public.products (
    id serial PRIMARY KEY,
    sku varchar(40) NOT NULL,
    price numeric(12,2) NOT NULL,
    vat_rate numeric(5,4) NOT NULL DEFAULT 0.2,
    gross numeric(14,2) GENERATED ALWAYS AS (round(price * (1 + vat_rate), 2)) STORED,
    CONSTRAINT products_sku_key UNIQUE (sku),
    CONSTRAINT products_price_check CHECK (price >= 0)
);
CREATE INDEX products_gross_idx ON public.products (gross DESC);
CREATE VIEW public.cheap_products AS
    SELECT id, sku, price, gross FROM public.products WHERE gross < 10;
CREATE VIEW public.cheap_product_skus AS
    SELECT sku FROM public.cheap_products;
COMMENT ON COLUMN public.cheap_products.gross IS 'Price with VAT';
GRANT SELECT ON public.cheap_products, public.cheap_product_skus TO app_reader;
