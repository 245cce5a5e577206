-- Sessions that wait for a lock right now, and for whom. Run by `doctor`; pg_blocking_pids briefly locks the
-- shared lock table. pg_locks is complete for every role.
SELECT 'warning',
       format('pid %s waits for %s%s behind pid %s', waiting.pid, waiting.mode,
              coalesce(' on ' || waiting.relation::regclass::text, ''),
              pg_catalog.array_to_string(pg_catalog.pg_blocking_pids(waiting.pid), ', ')),
       format('SELECT pg_terminate_backend(%s)', (pg_catalog.pg_blocking_pids(waiting.pid))[1])
  FROM pg_catalog.pg_locks AS waiting
 WHERE NOT waiting.granted AND waiting.waitstart < pg_catalog.clock_timestamp() - interval '1 second'
   AND waiting.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
   AND waiting.pid IS NOT NULL
 ORDER BY waiting.waitstart
 LIMIT 10
