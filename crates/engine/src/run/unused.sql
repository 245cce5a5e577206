-- Whether a database holds no relation of anybody's: ours and the members of extensions do not
-- count, whatever schema they are in. Catalog reads only.
SELECT NOT EXISTS (
       SELECT FROM pg_catalog.pg_class
         JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname NOT IN ('windlass', 'information_schema') AND nspname NOT LIKE 'pg\_%'
          AND NOT EXISTS (
              SELECT FROM pg_catalog.pg_depend
               WHERE pg_depend.classid = 'pg_catalog.pg_class'::regclass AND pg_depend.objid = pg_class.oid
                 AND pg_depend.deptype = 'e'))
