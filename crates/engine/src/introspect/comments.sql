-- Comments on everything, read by introspection; locks nothing.
SELECT d.classoid AS class, d.objoid AS object, d.objsubid AS part, d.description AS text
  FROM pg_catalog.pg_description AS d
 WHERE d.objoid >= 16384
    OR d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
