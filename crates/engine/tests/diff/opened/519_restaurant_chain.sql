-- old
CREATE TABLE restaurant (id int PRIMARY KEY, city text NOT NULL, seats int NOT NULL);
CREATE TABLE menu_item (id int PRIMARY KEY, name text NOT NULL, price numeric(6,2) NOT NULL, allergens text);
CREATE TABLE menu (restaurant_id int REFERENCES restaurant, item_id int REFERENCES menu_item, PRIMARY KEY (restaurant_id, item_id));
CREATE TABLE booking (id serial PRIMARY KEY, restaurant_id int NOT NULL REFERENCES restaurant, guest text NOT NULL, party int NOT NULL, at timestamp NOT NULL);
CREATE TABLE menu_price_history (item_id int, price numeric(6,2), changed timestamptz DEFAULT now());
CREATE FUNCTION keep_price() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.price <> OLD.price THEN
    INSERT INTO menu_price_history (item_id, price) VALUES (OLD.id, OLD.price);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER menu_item_price BEFORE UPDATE ON menu_item FOR EACH ROW EXECUTE FUNCTION keep_price();
-- new
CREATE TYPE allergen AS ENUM ('gluten', 'milk', 'egg', 'nuts', 'fish', 'soy');
CREATE TABLE restaurant (id int PRIMARY KEY, city text NOT NULL, seats int NOT NULL);
CREATE TABLE menu_item (id int PRIMARY KEY, name text NOT NULL, price numeric(6,2) NOT NULL, allergens allergen[] NOT NULL DEFAULT '{}', vegan boolean NOT NULL DEFAULT false);
CREATE TABLE menu (restaurant_id int REFERENCES restaurant ON DELETE CASCADE, item_id int REFERENCES menu_item ON DELETE CASCADE, local_price numeric(6,2), PRIMARY KEY (restaurant_id, item_id));
CREATE TABLE booking (id serial PRIMARY KEY, restaurant_id int NOT NULL REFERENCES restaurant, guest text NOT NULL, party int NOT NULL, at timestamptz NOT NULL);
CREATE INDEX booking_by_day ON booking (restaurant_id, ((at AT TIME ZONE 'Europe/Paris')::date));
CREATE FUNCTION menu_of(r int) RETURNS TABLE (name text, price numeric) LANGUAGE sql STABLE ROWS 40 AS $$
  SELECT i.name, coalesce(m.local_price, i.price) FROM menu m JOIN menu_item i ON i.id = m.item_id WHERE m.restaurant_id = r ORDER BY 1
$$;
