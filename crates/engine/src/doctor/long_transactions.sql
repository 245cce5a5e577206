-- Transactions that are at work for minutes: an ALTER queues behind them, CREATE INDEX CONCURRENTLY waits
-- for their snapshot, dead rows stay. Run by `doctor`; reads activity only, no lock.
SELECT 'warning',
       format('pid %s (%s%s) is in one transaction since %s: %s', pid, usename,
              CASE WHEN application_name <> '' THEN ', app=' || application_name ELSE '' END,
              pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() - xact_start),
              left(pg_catalog.regexp_replace(query, '\s+', ' ', 'g'), 100)),
       format('SELECT pg_cancel_backend(%s)', pid)
  FROM pg_catalog.pg_stat_activity
 WHERE xact_start < pg_catalog.clock_timestamp() - $1::interval AND state = 'active'
   AND backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid()
   AND (datname = pg_catalog.current_database() OR backend_xmin IS NOT NULL)
 ORDER BY xact_start
 LIMIT 10
