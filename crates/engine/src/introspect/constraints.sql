-- Constraints of relations and domains, read by introspection; locks nothing.
-- conenforced is there from 18 on; the reader puts `true` in its place before.
SELECT c.oid, c.conname AS name, c.contype::text AS kind, c.conrelid AS relation, c.contypid AS domain,
       pg_catalog.pg_get_constraintdef(c.oid) AS definition,
       c.conkey AS columns, c.confrelid AS referenced, c.confkey AS referenced_columns,
       c.confupdtype::text AS on_update, c.confdeltype::text AS on_delete,
       c.convalidated AS is_valid,
       c.conenforced AS is_enforced,
       c.condeferrable AS is_deferrable, c.condeferred AS is_deferred, c.connoinherit AND c.contype IN ('c', 'n') AS is_no_inherit,
       c.conislocal AS is_local, c.coninhcount::integer AS inheritance_count,
       c.conparentid AS parent, c.conindid AS index,
       c.contype = 'n'
         AND EXISTS (SELECT FROM pg_catalog.pg_description AS t
                      WHERE t.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
                        AND t.objoid = c.oid) AS has_comment,
       -- A foreign key of a partitioned table has one more for each partition of the referenced table.
       COALESCE(c.confrelid <> p.confrelid, false) AS is_copy
  FROM pg_catalog.pg_constraint AS c
  LEFT JOIN pg_catalog.pg_constraint AS p ON p.oid = c.conparentid
 WHERE c.oid >= 16384
 ORDER BY c.conrelid, c.contypid, c.conname, c.oid
