-- old
CREATE TYPE qty AS (amount numeric, unit text);
CREATE FUNCTION qty_add(qty, qty) RETURNS qty LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN $1.unit = $2.unit THEN ROW($1.amount + $2.amount, $1.unit)::qty END $$;
CREATE OPERATOR + (LEFTARG = qty, RIGHTARG = qty, FUNCTION = qty_add, COMMUTATOR = +);
CREATE FUNCTION text_to_qty(text) RETURNS qty LANGUAGE sql IMMUTABLE AS $$ SELECT ROW(split_part($1,' ',1)::numeric, split_part($1,' ',2))::qty $$;
CREATE CAST (text AS qty) WITH FUNCTION text_to_qty(text);
CREATE TABLE ingredient (id serial PRIMARY KEY, name text UNIQUE);
CREATE TABLE recipe (id serial PRIMARY KEY, title text NOT NULL);
CREATE TABLE recipe_line (recipe_id int REFERENCES recipe, ingredient_id int REFERENCES ingredient, q qty, PRIMARY KEY (recipe_id, ingredient_id));
CREATE VIEW doubled AS SELECT recipe_id, ingredient_id, q + q AS q2 FROM recipe_line;
-- new
CREATE TYPE unit AS ENUM ('g','ml','pc');
CREATE TYPE qty AS (amount numeric, unit unit);
CREATE FUNCTION qty_add(qty, qty) RETURNS qty LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT CASE WHEN $1.unit = $2.unit THEN ROW($1.amount + $2.amount, $1.unit)::qty END $$;
CREATE FUNCTION qty_mul(qty, numeric) RETURNS qty LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT ROW($1.amount * $2, $1.unit)::qty $$;
CREATE OPERATOR + (LEFTARG = qty, RIGHTARG = qty, FUNCTION = qty_add, COMMUTATOR = +);
CREATE OPERATOR * (LEFTARG = qty, RIGHTARG = numeric, FUNCTION = qty_mul);
CREATE FUNCTION text_to_qty(text) RETURNS qty LANGUAGE sql IMMUTABLE AS $$ SELECT ROW(split_part($1,' ',1)::numeric, split_part($1,' ',2)::unit)::qty $$;
CREATE CAST (text AS qty) WITH FUNCTION text_to_qty(text) AS ASSIGNMENT;
CREATE AGGREGATE sum(qty) (SFUNC = qty_add, STYPE = qty, PARALLEL = SAFE, COMBINEFUNC = qty_add);
CREATE TABLE ingredient (id serial PRIMARY KEY, name text UNIQUE);
CREATE TABLE recipe (id serial PRIMARY KEY, title text NOT NULL);
CREATE TABLE recipe_line (
  recipe_id int REFERENCES recipe,
  ingredient_id int REFERENCES ingredient,
  q qty,
  pos int NOT NULL DEFAULT 0,
  PRIMARY KEY (recipe_id, ingredient_id)
);
CREATE VIEW doubled AS SELECT recipe_id, ingredient_id, q + q AS q2 FROM recipe_line;
