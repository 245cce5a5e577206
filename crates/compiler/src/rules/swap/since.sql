-- Asked by the runner within the swap of a column, under its table's lock: locks nothing else, and reads the catalog alone.
-- What hangs on the old column and was not there, or what was there and is gone.
SELECT count(*) = 0, string_agg(what, ', ')
  FROM pg_catalog.pg_attribute AS part
 CROSS JOIN LATERAL (
       SELECT pg_catalog.pg_describe_object(needs.classid, needs.objid, 0)
         FROM pg_catalog.pg_depend AS needs
         LEFT JOIN pg_catalog.pg_class AS relation
           ON relation.oid = needs.objid AND needs.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
         LEFT JOIN pg_catalog.pg_constraint AS enforced
           ON enforced.oid = needs.objid AND needs.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
        WHERE needs.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
          AND needs.refobjid = part.attrelid AND needs.refobjsubid = part.attnum
          AND needs.deptype <> 'i' AND needs.classid <> 'pg_catalog.pg_attrdef'::pg_catalog.regclass
          AND enforced.contype IS DISTINCT FROM 'n'
          AND coalesce(relation.relname, enforced.conname, '') <> ALL (ARRAY[{known}]::pg_catalog.name[])
        UNION SELECT 'NOT NULL' WHERE part.attnotnull <> {is_not_null}
        UNION SELECT 'a default' WHERE part.atthasdef <> {has_default}
        UNION SELECT 'privileges' WHERE (part.attacl IS NOT NULL) <> {has_privileges}
       ) AS news (what)
 WHERE part.attrelid = {relation}::pg_catalog.regclass AND part.attname = {column}
