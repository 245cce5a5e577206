-- What the database has of columns and indexes that revisions declare, in their order. $1 are tables as the revisions
-- write them and $2 their columns; $3 are the tables of indexes and $4 the indexes. An index ON ONLY a partitioned table is
-- not valid as long as a partition has none attached to it, which is as it was declared. Catalog reads only.
SELECT 'column' AS kind, asked.place, class.oid IS NOT NULL AS has_table,
       pg_catalog.format_type(attribute.atttypid, attribute.atttypmod) AS found, true AS is_valid
  FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) WITH ORDINALITY AS asked (relation, name, place)
  LEFT JOIN pg_catalog.pg_class AS class ON class.oid = pg_catalog.to_regclass(asked.relation)
  LEFT JOIN pg_catalog.pg_attribute AS attribute
    ON attribute.attrelid = class.oid AND attribute.attname = asked.name AND attribute.attnum > 0 AND NOT attribute.attisdropped
 UNION ALL
SELECT 'index', asked.place, class.oid IS NOT NULL, index.relname::text,
       coalesce((SELECT indisvalid OR index.relkind = 'I' FROM pg_catalog.pg_index WHERE indexrelid = index.oid), false)
  FROM ROWS FROM (pg_catalog.unnest($3::text[]), pg_catalog.unnest($4::text[])) WITH ORDINALITY AS asked (relation, name, place)
  LEFT JOIN pg_catalog.pg_class AS class ON class.oid = pg_catalog.to_regclass(asked.relation)
  LEFT JOIN pg_catalog.pg_class AS index
    ON index.relnamespace = class.relnamespace AND index.relname = asked.name AND index.relkind IN ('i', 'I')
   AND class.oid = (SELECT indrelid FROM pg_catalog.pg_index WHERE indexrelid = index.oid)
 ORDER BY 1, 2
