-- old
CREATE TABLE carts (
    id uuid PRIMARY KEY,
    total integer NOT NULL DEFAULT 0,
    updated_at timestamptz
);
CREATE TABLE cart_items (
    cart_id uuid REFERENCES carts ON DELETE CASCADE,
    sku text NOT NULL,
    qty integer NOT NULL CHECK (qty > 0),
    cents integer NOT NULL,
    PRIMARY KEY (cart_id, sku)
);
CREATE FUNCTION retotal() RETURNS trigger LANGUAGE plpgsql AS $fn$
BEGIN
    UPDATE carts SET total = (SELECT coalesce(sum(qty * cents), 0) FROM cart_items WHERE cart_id = NEW.cart_id)
     WHERE id = NEW.cart_id;
    RETURN NEW;
END $fn$;
CREATE TRIGGER retotal AFTER INSERT OR UPDATE ON cart_items FOR EACH ROW EXECUTE FUNCTION retotal();
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON carts FOR EACH ROW EXECUTE FUNCTION touch();
-- new
CREATE TABLE carts (
    id uuid PRIMARY KEY,
    total_cents bigint NOT NULL DEFAULT 0,
    item_count integer NOT NULL DEFAULT 0,
    updated_at timestamptz
);
CREATE TABLE cart_items (
    cart_id uuid REFERENCES carts ON DELETE CASCADE,
    sku text NOT NULL,
    qty integer NOT NULL CHECK (qty > 0),
    cents integer NOT NULL,
    PRIMARY KEY (cart_id, sku)
);
CREATE FUNCTION retotal() RETURNS trigger LANGUAGE plpgsql AS $fn$
BEGIN
    UPDATE carts SET (total_cents, item_count) = (SELECT coalesce(sum(qty * cents), 0), count(*) FROM cart_items WHERE cart_id = NEW.cart_id)
     WHERE id = NEW.cart_id;
    RETURN NEW;
END $fn$;
CREATE TRIGGER retotal AFTER INSERT OR UPDATE ON cart_items FOR EACH ROW EXECUTE FUNCTION retotal();
CREATE EXTENSION moddatetime;
CREATE TRIGGER touch BEFORE UPDATE ON carts FOR EACH ROW EXECUTE FUNCTION moddatetime('updated_at');
