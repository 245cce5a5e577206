-- old
CREATE TABLE product (sku text PRIMARY KEY, price numeric NOT NULL, stock int);
CREATE TABLE price_log (sku text, old numeric, new numeric, at timestamptz DEFAULT now());
CREATE TABLE product_eol (LIKE product INCLUDING ALL);
CREATE FUNCTION log_price() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO price_log VALUES (OLD.sku, OLD.price, NEW.price); RETURN NEW; END $$;
CREATE TRIGGER a_log_price BEFORE UPDATE OF price ON product FOR EACH ROW EXECUTE FUNCTION log_price();
CREATE TRIGGER z_noop AFTER UPDATE ON product FOR EACH ROW WHEN (NEW.stock < 0) EXECUTE FUNCTION log_price();
CREATE RULE keep_eol AS ON DELETE TO product DO ALSO INSERT INTO product_eol VALUES (OLD.sku, OLD.price, OLD.stock);
CREATE RULE eol_ro AS ON UPDATE TO product_eol DO INSTEAD NOTHING;
CREATE VIEW catalogue AS SELECT sku, price FROM product WHERE stock > 0;
-- new
CREATE TABLE product (sku text PRIMARY KEY, price numeric(10,2) NOT NULL, stock int NOT NULL DEFAULT 0, eol boolean NOT NULL DEFAULT false);
CREATE TABLE price_log (id bigint GENERATED ALWAYS AS IDENTITY, sku text NOT NULL, old numeric(10,2), new numeric(10,2), at timestamptz DEFAULT now(), n_rows int);
CREATE FUNCTION log_price() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO price_log (sku, old, new) SELECT o.sku, o.price, n.price FROM o JOIN n USING (sku) WHERE o.price <> n.price;
  RETURN NULL; END $$;
CREATE TRIGGER a_log_price AFTER UPDATE ON product REFERENCING OLD TABLE AS o NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION log_price();
ALTER TABLE product ENABLE ALWAYS TRIGGER a_log_price;
CREATE FUNCTION no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no truncate on %', TG_TABLE_NAME; END $$;
CREATE TRIGGER guard BEFORE TRUNCATE ON product EXECUTE FUNCTION no_truncate();
CREATE TRIGGER guard BEFORE TRUNCATE ON price_log EXECUTE FUNCTION no_truncate();
ALTER TABLE price_log DISABLE TRIGGER guard;
CREATE RULE keep_eol AS ON DELETE TO product DO INSTEAD UPDATE product SET eol = true WHERE product.sku = OLD.sku;
ALTER TABLE product ENABLE REPLICA RULE keep_eol;
CREATE VIEW catalogue AS SELECT sku, price FROM product WHERE stock > 0 AND NOT eol WITH CASCADED CHECK OPTION;
ALTER VIEW catalogue ALTER COLUMN price SET DEFAULT 9.99;
CREATE RULE cat_ins AS ON INSERT TO catalogue DO INSTEAD INSERT INTO product (sku, price, stock) VALUES (NEW.sku, NEW.price, 1);
