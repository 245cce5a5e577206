-- Schemas, read by introspection; locks nothing.
-- System schemas are told apart by the reader: they name what the others refer to.
SELECT n.oid, n.nspname AS name, pg_catalog.pg_get_userbyid(n.nspowner)::text AS owner
  FROM pg_catalog.pg_namespace AS n
 ORDER BY n.nspname
