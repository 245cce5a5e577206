-- Which system catalogs hold objects of a database, but those that introspection reads whole anyway, and
-- those that the role may not read; locks nothing.
SELECT c.oid, pg_catalog.quote_ident(c.relname) AS name
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'oid'
 WHERE c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace
   AND c.relkind = 'r'
   AND NOT c.relisshared
   AND c.relname NOT IN ('pg_attrdef', 'pg_class', 'pg_constraint', 'pg_enum', 'pg_namespace', 'pg_policy', 'pg_proc',
                         'pg_rewrite', 'pg_trigger', 'pg_type', 'pg_largeobject_metadata')
   AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
