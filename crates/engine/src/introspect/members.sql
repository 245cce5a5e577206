-- Objects that belong to an extension, read by introspection; locks nothing.
SELECT d.classid AS class, d.objid AS object, e.extname AS extension
  FROM pg_catalog.pg_depend AS d
  JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid
 WHERE d.deptype = 'e'
   AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
