-- Relations that make a database one that is in use: ours and the members of extensions do not count. A few, and
-- their number. Catalog reads only.
SELECT pg_catalog.format('%I.%I', nspname, relname), pg_catalog.count(*) OVER ()
  FROM pg_catalog.pg_class
  JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
 WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
   AND nspname NOT IN ('windlass', 'information_schema') AND nspname NOT LIKE 'pg\_%'
   AND NOT EXISTS (
       SELECT FROM pg_catalog.pg_depend
        WHERE pg_depend.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND pg_depend.objid = pg_class.oid
          AND pg_depend.deptype = 'e')
 ORDER BY relkind <> 'r', 1
 LIMIT 5
