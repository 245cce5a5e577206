-- The relations that a backend holds locks on or waits for.
SELECT relation::text, mode, granted::text
  FROM pg_locks
 WHERE locktype = 'relation' AND pid = $pid
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
