-- Who needs whom, read by introspection; locks nothing.
-- Left out: memberships of extensions; schemas, which names tell; TOAST tables.
SELECT d.classid AS class, d.objid AS object, d.objsubid AS part,
       d.refclassid AS ref_class, d.refobjid AS ref_object, d.refobjsubid AS ref_part,
       d.deptype::text AS kind
  FROM pg_catalog.pg_depend AS d
 WHERE d.objid >= 16384
   AND d.deptype <> 'e'
   AND d.refclassid <> 'pg_catalog.pg_namespace'::pg_catalog.regclass
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c
                     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                      AND c.oid = d.objid
                      AND pg_catalog.starts_with(n.nspname, 'pg_toast'))
