-- Access methods of the users', read by introspection; locks nothing.
SELECT a.oid, a.amname AS name, a.amtype = 't' AS is_for_tables, a.amhandler::pg_catalog.regproc::text AS handler
  FROM pg_catalog.pg_am AS a
 WHERE a.oid >= 16384
