-- old
CREATE TABLE menu_item (id serial PRIMARY KEY, name text NOT NULL, price numeric(6,2) NOT NULL, allergens text, available boolean DEFAULT true);
CREATE TABLE dining_table (no int PRIMARY KEY, seats int);
CREATE TABLE bill (id serial PRIMARY KEY, table_no int REFERENCES dining_table, opened timestamp DEFAULT now(), closed timestamp, tip numeric);
CREATE TABLE bill_item (id serial PRIMARY KEY, bill_id int REFERENCES bill, item_id int REFERENCES menu_item, n int DEFAULT 1);
CREATE INDEX ON bill_item (bill_id);
CREATE VIEW bill_total AS SELECT b.id, sum(i.price * bi.n) AS total FROM bill b JOIN bill_item bi ON bi.bill_id = b.id JOIN menu_item i ON i.id = bi.item_id GROUP BY b.id;
CREATE FUNCTION open_bill(t int) RETURNS int LANGUAGE sql AS $$ INSERT INTO bill (table_no) VALUES (t) RETURNING id $$;
CREATE UNIQUE INDEX one_open_bill ON bill (table_no) WHERE closed IS NULL;
-- new
CREATE TABLE menu_item (id serial PRIMARY KEY, name text NOT NULL, price numeric(6,2) NOT NULL, allergens text, available boolean DEFAULT true);
CREATE TABLE dining_table (no int PRIMARY KEY, seats int);
CREATE TABLE bill (id serial PRIMARY KEY, table_no int REFERENCES dining_table, opened timestamp DEFAULT now(), closed timestamp, tip numeric);
CREATE TABLE bill_item (
  id serial PRIMARY KEY,
  bill_id int REFERENCES bill,
  line int,
  item_id int NOT NULL REFERENCES menu_item,
  n int DEFAULT 1,
  unit_price numeric(7,2) NOT NULL
);
CREATE INDEX ON bill_item (bill_id);
CREATE VIEW bill_total AS SELECT b.id, sum(i.price * bi.n) AS total FROM bill b JOIN bill_item bi ON bi.bill_id = b.id JOIN menu_item i ON i.id = bi.item_id GROUP BY b.id;
CREATE FUNCTION open_bill(t int) RETURNS int LANGUAGE sql AS $$ INSERT INTO bill (table_no) VALUES (t) RETURNING id $$;
CREATE UNIQUE INDEX one_open_bill ON bill (table_no) WHERE closed IS NULL;
