-- Invalid remains of REINDEX CONCURRENTLY in schema $1, its tables' TOAST included, or in the whole database when $1
-- is NULL; none that is being built. Catalog reads only.
SELECT pg_catalog.format('%I.%I', space.nspname, index.relname)
  FROM pg_catalog.pg_index
  JOIN pg_catalog.pg_class AS index ON index.oid = indexrelid
  JOIN pg_catalog.pg_namespace AS space ON space.oid = index.relnamespace
  JOIN pg_catalog.pg_class AS holder ON holder.oid = indrelid
  LEFT JOIN pg_catalog.pg_class AS owner ON owner.reltoastrelid = holder.oid
  JOIN pg_catalog.pg_namespace AS home ON home.oid = coalesce(owner.relnamespace, holder.relnamespace)
 WHERE NOT indisvalid AND index.relname ~ '_cc(new|old)[0-9]*$'
   AND home.nspname = coalesce($1, home.nspname)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index WHERE relid = indrelid)
