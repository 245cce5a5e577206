-- Indexes that a failed concurrent build left behind: no query uses them, every write maintains those that are
-- ready, and a unique one still refuses rows. One that is being built is left out. Catalog reads only.
SELECT 'warning',
       format('index %s on %s is INVALID%s', indexrelid::regclass, indrelid::regclass,
              CASE WHEN indisready THEN ' and slows every write' ||
                   CASE WHEN indisunique THEN ', and refuses duplicates all the same' ELSE '' END ELSE '' END),
       CASE WHEN relname ~ '_cc(new|old)[0-9]*$'
            THEN format('DROP INDEX CONCURRENTLY %s', indexrelid::regclass)
            ELSE format('REINDEX INDEX CONCURRENTLY %s', indexrelid::regclass) END
  FROM pg_catalog.pg_index
  JOIN pg_catalog.pg_class ON pg_class.oid = indexrelid
 WHERE NOT indisvalid AND relkind = 'i'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index WHERE relid = indrelid)
 ORDER BY indexrelid::regclass::text
 LIMIT 20
