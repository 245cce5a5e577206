-- Tables of publications, read by introspection on 15 and newer; locks nothing. The columns are a set.
SELECT r.oid, r.prpubid AS publication, r.prrelid AS relation,
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute AS a
              WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs::smallint[]) ORDER BY a.attname) AS columns,
       pg_catalog.pg_get_expr(r.prqual, r.prrelid) AS condition
  FROM pg_catalog.pg_publication_rel AS r
