-- Schemas, read by introspection; locks nothing.
-- System schemas are told apart by the reader: they name what the others refer to.
SELECT n.oid, n.nspname AS name, pg_catalog.pg_get_userbyid(n.nspowner)::text AS owner,
       -- Whether public belongs to whom initdb gives it to: the bootstrap superuser, on 15 and newer pg_database_owner.
       n.nspowner = 10 AND pg_catalog.current_setting('server_version_num')::integer < 150000
         OR n.nspowner = 6171 AS has_first_owner
  FROM pg_catalog.pg_namespace AS n
 ORDER BY n.nspname
