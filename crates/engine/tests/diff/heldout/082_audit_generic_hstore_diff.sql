-- old
CREATE SCHEMA audit;
CREATE EXTENSION hstore SCHEMA audit;
CREATE TABLE audit.changes (
    id bigserial PRIMARY KEY,
    tbl text NOT NULL,
    diff audit.hstore,
    at timestamp DEFAULT now()
);
CREATE FUNCTION audit.diff() RETURNS trigger LANGUAGE plpgsql SET search_path = audit, pg_catalog AS $$
BEGIN
    INSERT INTO audit.changes (tbl, diff) VALUES (TG_TABLE_NAME, hstore(NEW) - hstore(OLD));
    RETURN NULL;
END $$;
CREATE TABLE public.prices (sku text PRIMARY KEY, price numeric);
CREATE TRIGGER z_audit AFTER UPDATE ON public.prices FOR EACH ROW
    EXECUTE FUNCTION audit.diff();
CREATE INDEX changes_at ON audit.changes (at);
CREATE INDEX changes_diff ON audit.changes USING gin (diff);
-- new
CREATE SCHEMA audit;
CREATE EXTENSION hstore SCHEMA audit;
CREATE TABLE audit.changes (
    id bigserial PRIMARY KEY,
    tbl text NOT NULL,
    diff audit.hstore,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
) PARTITION BY RANGE (id);
CREATE TABLE audit.changes_1 PARTITION OF audit.changes FOR VALUES FROM (1) TO (1000000);
CREATE FUNCTION audit.diff() RETURNS trigger LANGUAGE plpgsql SET search_path = audit, pg_catalog AS $$
BEGIN
    INSERT INTO audit.changes (tbl, diff) VALUES (TG_TABLE_NAME, hstore(NEW) - hstore(OLD));
    RETURN NULL;
END $$;
CREATE TABLE public.prices (sku text PRIMARY KEY, price numeric);
CREATE TRIGGER z_audit AFTER UPDATE ON public.prices FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION audit.diff();
CREATE INDEX changes_at ON audit.changes USING brin (at);
CREATE INDEX changes_diff ON audit.changes USING gin (diff);
