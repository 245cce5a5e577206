-- Publications, read by introspection; locks nothing. to_jsonb reads a column of 18 and newer.
SELECT p.oid, p.pubname AS name, pg_catalog.pg_get_userbyid(p.pubowner)::text AS owner, p.puballtables AS all_tables,
       pg_catalog.array_remove(ARRAY[CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
                                     CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END],
                               NULL) AS operations,
       p.pubviaroot AS via_root, COALESCE(pg_catalog.to_jsonb(p) ->> 'pubgencols' = 's', false) AS generated_columns
  FROM pg_catalog.pg_publication AS p
 WHERE p.oid >= 16384
