-- The tables that patterns ($1: a name as SQL writes it, or a schema and `.*`) name, with what is written of each; a row
-- without a table for a pattern that names none. Catalog reads only.
WITH named AS (
    SELECT pattern, pg_catalog.to_regclass(pattern)::oid AS oid
      FROM pg_catalog.unnest($1::text[]) AS asked (pattern) WHERE pattern NOT LIKE '%.*'
    UNION ALL
    SELECT pattern, class.oid
      FROM pg_catalog.unnest($1::text[]) AS asked (pattern)
      LEFT JOIN (pg_catalog.pg_namespace AS namespace
                 JOIN pg_catalog.pg_class AS class ON class.relnamespace = namespace.oid AND class.relkind IN ('r', 'p') AND NOT class.relispartition)
        ON pg_catalog.quote_ident(namespace.nspname) = pg_catalog.left(pattern, -2)
     WHERE pattern LIKE '%.*'
), tables AS (
    SELECT min(pattern) AS pattern, class.oid, class.relnamespace, class.relname
      FROM named LEFT JOIN pg_catalog.pg_class AS class ON class.oid = named.oid AND class.relkind IN ('r', 'p')
     GROUP BY class.oid, class.relnamespace, class.relname
)
SELECT pattern, tables.oid, pg_catalog.quote_ident(nspname) || '.' || pg_catalog.quote_ident(relname) AS name,
       (SELECT pg_catalog.array_agg(attname::text ORDER BY attnum) FROM pg_catalog.pg_attribute
         WHERE attrelid = tables.oid AND attnum > 0 AND NOT attisdropped AND attgenerated::text = '') AS columns,
       (SELECT coalesce(pg_catalog.array_agg(
                   pg_catalog.quote_ident(attname) || CASE WHEN attcollation <> 0 THEN ' COLLATE pg_catalog."C"' ELSE '' END ORDER BY place), '{}')
          FROM pg_catalog.pg_index, pg_catalog.unnest(indkey::smallint[]) WITH ORDINALITY AS part (number, place)
          JOIN pg_catalog.pg_attribute ON attnum = part.number
         WHERE indrelid = tables.oid AND indisprimary AND attrelid = tables.oid) AS key,
       ARRAY(SELECT confrelid FROM pg_catalog.pg_constraint WHERE conrelid = tables.oid AND contype = 'f' AND confrelid <> conrelid) AS parents
  FROM tables LEFT JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relnamespace
 ORDER BY name
