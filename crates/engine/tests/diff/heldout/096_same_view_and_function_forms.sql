-- old
CREATE TABLE t (a integer, b text);
CREATE VIEW v AS SELECT * FROM t WHERE b IN ('x', 'y');
CREATE FUNCTION f(integer, t text = 'q') RETURNS text AS $$ SELECT t $$ LANGUAGE sql;
COMMENT ON VIEW v IS 'V';
-- new
CREATE TABLE t (b text, a int);
CREATE FUNCTION f(int4, t text DEFAULT 'q'::text) RETURNS text LANGUAGE 'sql' VOLATILE CALLED ON NULL INPUT SECURITY INVOKER PARALLEL UNSAFE COST 100 AS ' SELECT t ';
CREATE VIEW v (a, b) AS SELECT t.a, t.b FROM public.t WHERE t.b = ANY (ARRAY['x', 'y']);
COMMENT ON VIEW v IS 'V';
