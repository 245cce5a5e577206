-- old
CREATE DOMAIN qty AS integer DEFAULT 1 NOT NULL;
CREATE DOMAIN small_qty AS qty CHECK (VALUE < 100);
CREATE DOMAIN codes AS varchar(3)[] ;
CREATE TABLE t (a qty, b small_qty, c codes);
COMMENT ON CONSTRAINT small_qty_check ON DOMAIN small_qty IS 'Not many';
-- new
CREATE DOMAIN qty AS integer CONSTRAINT qty_pos CHECK (VALUE > 0);
CREATE DOMAIN small_qty AS qty DEFAULT 2 CONSTRAINT small_qty_check CHECK (VALUE < 50);
CREATE DOMAIN codes AS varchar(3)[] CHECK (array_length(VALUE, 1) <= 5);
CREATE TABLE t (a qty, b small_qty, c codes);
COMMENT ON CONSTRAINT small_qty_check ON DOMAIN small_qty IS 'Not many';
