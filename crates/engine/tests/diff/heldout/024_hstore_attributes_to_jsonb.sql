-- old
CREATE EXTENSION hstore;
CREATE TABLE items (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    attrs hstore NOT NULL DEFAULT ''
);
CREATE INDEX items_attrs ON items USING gin (attrs);
CREATE INDEX items_colour ON items ((attrs -> 'colour'));
CREATE VIEW red_items AS SELECT id, name, attrs -> 'size' AS size FROM items WHERE attrs -> 'colour' = 'red';
COMMENT ON COLUMN items.attrs IS 'Whatever the supplier sent';
-- new
CREATE TABLE items (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    attrs jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX items_attrs ON items USING gin (attrs);
CREATE INDEX items_colour ON items ((attrs ->> 'colour'));
CREATE VIEW red_items AS SELECT id, name, attrs ->> 'size' AS size FROM items WHERE attrs @> '{"colour": "red"}';
ALTER TABLE items ADD CONSTRAINT attrs_is_object CHECK (jsonb_typeof(attrs) = 'object');
COMMENT ON COLUMN items.attrs IS 'Whatever the supplier sent';
