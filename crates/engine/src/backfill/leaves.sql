-- The partitions of a table ($1) that hold rows, themselves included; the table itself when it is none.
SELECT relation.oid, space.nspname::text, relation.relname::text, relation.relkind::text,
       pg_catalog.pg_relation_filenode(relation.oid)
  FROM pg_catalog.pg_partition_tree($1::oid::regclass) AS tree
  JOIN pg_catalog.pg_class AS relation ON relation.oid = tree.relid
  JOIN pg_catalog.pg_namespace AS space ON space.oid = relation.relnamespace
 WHERE tree.isleaf
 ORDER BY relation.oid
