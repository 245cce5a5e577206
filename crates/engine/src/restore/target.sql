-- The table that a copy is given back to, by oid ($1) where it still is that one, else by name ($2), a row for each of
-- its columns; no type where a column cannot be written. Catalog reads only.
SELECT pg_catalog.format('%I.%I', nspname, relname) AS name, attname::text AS "column",
       CASE WHEN attgenerated::text = '' THEN pg_catalog.format_type(atttypid, atttypmod) END AS type
  FROM pg_catalog.pg_class AS class
  JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
  JOIN pg_catalog.pg_attribute ON attrelid = class.oid AND attnum > 0 AND NOT attisdropped
 WHERE class.relkind IN ('r', 'p')
   AND class.oid = coalesce((SELECT oid FROM pg_catalog.pg_class WHERE oid = $1 AND relkind IN ('r', 'p')),
                            pg_catalog.to_regclass($2)::oid)
 ORDER BY attnum
