-- Sessions that idle inside a transaction and keep its locks. Run by `doctor`; reads activity only, no lock.
SELECT 'warning',
       format('pid %s (%s%s) idles in a transaction since %s, holding %s; its last statement: %s', pid, usename,
              CASE WHEN application_name <> '' THEN ', app=' || application_name ELSE '' END,
              pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() - state_change),
              coalesce((SELECT pg_catalog.string_agg(DISTINCT relation::regclass::text, ', ')
                          FROM pg_catalog.pg_locks
                         WHERE pg_locks.pid = activity.pid AND locktype = 'relation' AND granted
                           AND relation >= 16384
                           AND database = (SELECT oid FROM pg_catalog.pg_database
                                            WHERE datname = pg_catalog.current_database())), 'no relation here'),
              left(pg_catalog.regexp_replace(query, '\s+', ' ', 'g'), 100)),
       format('SELECT pg_terminate_backend(%s)', pid)
  FROM pg_catalog.pg_stat_activity AS activity
 WHERE state LIKE 'idle in transaction%' AND state_change < pg_catalog.clock_timestamp() - $1::interval
   AND pid <> pg_catalog.pg_backend_pid()
 ORDER BY state_change
 LIMIT 10
