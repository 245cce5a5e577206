-- What a backfill needs to know of its table ($1, as SQL names it). Catalog reads only.
SELECT relation.oid, relation.relkind::text, relation.relpages::bigint,
       pg_catalog.pg_relation_filenode(relation.oid),
       EXISTS (SELECT FROM pg_catalog.pg_inherits WHERE inhparent = relation.oid),
       ARRAY(SELECT name.attname::text
               FROM pg_catalog.pg_partitioned_table AS parted
              CROSS JOIN pg_catalog.unnest(parted.partattrs::smallint[]) AS part (number)
               LEFT JOIN pg_catalog.pg_attribute AS name ON name.attrelid = parted.partrelid AND name.attnum = part.number
              WHERE parted.partrelid IN (SELECT relid FROM pg_catalog.pg_partition_tree(relation.oid) AS tree
                                          WHERE NOT tree.isleaf))
  FROM pg_catalog.pg_class AS relation
 WHERE relation.oid = pg_catalog.to_regclass($1)
