-- Invalid remains of REINDEX CONCURRENTLY on a table and its TOAST, or on the table of an index. Catalog reads only.
WITH target AS (
  SELECT coalesce((SELECT indrelid FROM pg_catalog.pg_index WHERE indexrelid = pg_catalog.to_regclass($1)),
                  pg_catalog.to_regclass($1)) AS relation)
SELECT pg_catalog.format('%I.%I', space.nspname, index.relname)
  FROM target
  JOIN pg_catalog.pg_class AS holder ON holder.oid = target.relation
  JOIN pg_catalog.pg_index ON indrelid IN (holder.oid, holder.reltoastrelid) AND NOT indisvalid
  JOIN pg_catalog.pg_class AS index ON index.oid = indexrelid
  JOIN pg_catalog.pg_namespace AS space ON space.oid = index.relnamespace
 WHERE index.relname ~ '_cc(new|old)[0-9]*$'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index WHERE index_relid = indexrelid)
