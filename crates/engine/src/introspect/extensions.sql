-- Extensions, read by introspection; locks nothing.
SELECT e.oid, e.extname AS name, e.extversion AS version, e.extnamespace AS namespace,
       pg_catalog.pg_get_userbyid(e.extowner)::text AS owner
  FROM pg_catalog.pg_extension AS e
 ORDER BY e.extname
