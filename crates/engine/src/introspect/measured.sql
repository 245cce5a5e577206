-- Sizes on disk of tables that were never analysed, for rules: an empty table is no hazard. It opens each table, which waits
-- for whoever holds it against everybody; those that somebody holds so, or waits to, are left out, and lock_timeout is short.
SELECT n.nspname AS schema, c.relname AS name, pg_catalog.pg_table_size(c.oid) AS bytes
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.oid >= 16384
   AND c.relkind IN ('r', 'm')
   AND c.relpersistence <> 't'
   AND c.reltuples < 0
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks AS l
                    WHERE l.relation = c.oid
                      AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
                      AND l.mode = 'AccessExclusiveLock')
