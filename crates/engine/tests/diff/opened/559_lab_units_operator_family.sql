-- old
CREATE TYPE qty AS (amount numeric, unit text);
CREATE FUNCTION qty_base(qty) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT $1.amount * CASE $1.unit WHEN 'kg' THEN 1000 WHEN 'mg' THEN 0.001 ELSE 1 END $$;
CREATE FUNCTION qty_add(qty, qty) RETURNS qty LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT ROW(qty_base($1) + qty_base($2), 'g')::qty $$;
CREATE OPERATOR + (LEFTARG = qty, RIGHTARG = qty, FUNCTION = qty_add);
CREATE AGGREGATE sum(qty) (SFUNC = qty_add, STYPE = qty);
CREATE TABLE reagent (id int PRIMARY KEY, name text NOT NULL, cas text);
CREATE TABLE stock (reagent int REFERENCES reagent, bottle int, content qty NOT NULL, PRIMARY KEY (reagent, bottle));
CREATE VIEW totals AS SELECT reagent, sum(content) AS total FROM stock GROUP BY reagent;
-- new
CREATE SCHEMA units;
CREATE TYPE units.qty AS (amount numeric, unit text);
CREATE FUNCTION units.qty_base(units.qty) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT $1.amount * CASE $1.unit WHEN 'kg' THEN 1000 WHEN 'mg' THEN 0.001 WHEN 'ug' THEN 0.000001 ELSE 1 END $$;
CREATE FUNCTION units.qty_add(units.qty, units.qty) RETURNS units.qty LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT ROW(units.qty_base($1) + units.qty_base($2), 'g')::units.qty $$;
CREATE FUNCTION units.qty_hash(units.qty) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT hash_numeric(units.qty_base($1)) $$;
CREATE FUNCTION units.qty_same(units.qty, units.qty) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT units.qty_base($1) = units.qty_base($2) $$;
CREATE OPERATOR units.+ (LEFTARG = units.qty, RIGHTARG = units.qty, FUNCTION = units.qty_add, COMMUTATOR = OPERATOR(units.+));
CREATE OPERATOR units.== (LEFTARG = units.qty, RIGHTARG = units.qty, FUNCTION = units.qty_same, COMMUTATOR = OPERATOR(units.==), HASHES);
CREATE OPERATOR FAMILY units.qty_fam USING hash;
CREATE OPERATOR CLASS units.qty_hash_ops FOR TYPE units.qty USING hash FAMILY units.qty_fam AS OPERATOR 1 units.==, FUNCTION 1 units.qty_hash(units.qty);
CREATE AGGREGATE units.total(units.qty) (SFUNC = units.qty_add, STYPE = units.qty, COMBINEFUNC = units.qty_add);
CREATE TABLE reagent (id int PRIMARY KEY, name text NOT NULL, cas text UNIQUE);
CREATE TABLE stock (reagent int REFERENCES reagent ON DELETE CASCADE, bottle int, content units.qty NOT NULL, PRIMARY KEY (reagent, bottle));
CREATE INDEX stock_content ON stock USING hash (content units.qty_hash_ops);
CREATE VIEW totals AS SELECT reagent, units.total(content) AS total, count(*) AS bottles FROM stock GROUP BY reagent;
