-- What is to be copied of a table before a statement takes something from it; no row where nothing is wanted of it.
-- $1 is the table as the statement names it, $2 the protected tables (oid), $3 whether every table counts.
-- Run by the step's own transaction. Catalog reads only.
SELECT class.oid, coalesce(pg_catalog.pg_partition_root(class.oid)::oid, class.oid) AS tree,
       pg_catalog.format('%I.%I', namespace.nspname, class.relname) AS name,
       class.relkind = 'r' AND EXISTS (SELECT FROM pg_catalog.pg_inherits WHERE inhparent = class.oid) AS has_heirs,
       (SELECT coalesce(sum(pg_catalog.pg_table_size(part)), 0)::bigint
          FROM (SELECT class.oid AS part WHERE class.relkind = 'r'
                UNION ALL SELECT relid::oid FROM pg_catalog.pg_partition_tree(class.oid) WHERE class.relkind = 'p') AS parts) AS bytes,
       (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                   'name', attname,
                   'type', pg_catalog.format_type(atttypid, atttypmod),
                   -- A copy must not keep anybody's type from being dropped.
                   'stored', CASE WHEN atttypid < 16384 THEN pg_catalog.format_type(atttypid, atttypmod) ELSE 'text' END,
                   'collate', atttypid < 16384 AND attcollation >= 16384,
                   'generated', attgenerated::text <> '')
                   ORDER BY attnum)
          FROM pg_catalog.pg_attribute
         WHERE attrelid = class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated::text <> 'v')::text AS columns,
       (SELECT coalesce(pg_catalog.array_agg(attname::text ORDER BY place), '{}')
          FROM pg_catalog.pg_index, pg_catalog.unnest(indkey::smallint[]) WITH ORDINALITY AS part (number, place)
          JOIN pg_catalog.pg_attribute ON attnum = part.number
         WHERE indrelid = class.oid AND indisprimary AND attrelid = class.oid) AS key,
       pg_catalog.nextval(pg_catalog.pg_get_serial_sequence('windlass.backup', 'backup_id')) AS id
  FROM pg_catalog.pg_class AS class
  JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
 WHERE class.oid = pg_catalog.to_regclass($1) AND class.relkind IN ('r', 'p') AND class.relpersistence <> 't'
   AND namespace.nspname <> 'windlass'
   AND ($3 OR class.oid = ANY ($2) OR pg_catalog.pg_partition_root(class.oid)::oid = ANY ($2))
