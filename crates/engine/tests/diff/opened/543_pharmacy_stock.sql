-- old
CREATE DOMAIN ean AS text CHECK (VALUE ~ '^[0-9]{13}$');
CREATE TABLE drug (pzn integer PRIMARY KEY, name text NOT NULL, ean ean, rx boolean NOT NULL DEFAULT true);
CREATE TABLE batch (batch_no text, pzn integer REFERENCES drug, expires date NOT NULL, qty integer NOT NULL, PRIMARY KEY (pzn, batch_no));
CREATE TABLE movement (id bigserial PRIMARY KEY, pzn integer NOT NULL, batch_no text NOT NULL, delta integer NOT NULL, at timestamp DEFAULT now(), FOREIGN KEY (pzn, batch_no) REFERENCES batch);
CREATE FUNCTION on_stock(p integer) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT sum(qty) FROM batch WHERE pzn = p $$;
CREATE VIEW stock AS SELECT d.pzn, d.name, on_stock(d.pzn) AS qty FROM drug d;
CREATE VIEW reorder AS SELECT pzn, name FROM stock WHERE coalesce(qty, 0) < 5;
-- new
CREATE DOMAIN gtin AS text CONSTRAINT gtin_digits CHECK (VALUE ~ '^[0-9]+$') CONSTRAINT gtin_len CHECK (length(VALUE) IN (13, 14));
CREATE TABLE drug (pzn char(8) PRIMARY KEY, name text NOT NULL, gtin gtin UNIQUE, rx boolean NOT NULL DEFAULT true, reorder_level smallint NOT NULL DEFAULT 5);
CREATE TABLE batch (batch_no text, pzn char(8) REFERENCES drug, expires date NOT NULL, qty integer NOT NULL CHECK (qty >= 0), PRIMARY KEY (pzn, batch_no));
CREATE TABLE movement (id bigserial PRIMARY KEY, pzn char(8) NOT NULL, batch_no text NOT NULL, delta integer NOT NULL CHECK (delta <> 0), at timestamp DEFAULT now(), FOREIGN KEY (pzn, batch_no) REFERENCES batch);
CREATE FUNCTION apply_movement() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE batch SET qty = qty + NEW.delta WHERE pzn = NEW.pzn AND batch_no = NEW.batch_no; RETURN NULL; END $$;
CREATE TRIGGER movement_apply AFTER INSERT ON movement FOR EACH ROW EXECUTE FUNCTION apply_movement();
CREATE FUNCTION on_stock(p char, p_day date DEFAULT current_date) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT sum(qty) FROM batch WHERE pzn = p AND expires > p_day $$;
CREATE VIEW stock AS SELECT d.pzn, d.name, d.reorder_level, on_stock(d.pzn) AS qty FROM drug d;
CREATE VIEW reorder AS SELECT pzn, name FROM stock WHERE coalesce(qty, 0) < reorder_level;
COMMENT ON DOMAIN gtin IS 'GTIN-13 or GTIN-14';
