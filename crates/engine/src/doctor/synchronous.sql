-- Synchronous standbys that are named and not there: every COMMIT of the application waits for them. The states of
-- standbys are hidden without pg_monitor; then nothing is said. Run by `doctor`; no lock.
WITH standbys AS (
  SELECT count(*) FILTER (WHERE sync_state IN ('sync', 'quorum')) AS synchronous,
         count(*) FILTER (WHERE sync_state IS NULL) AS hidden
    FROM pg_catalog.pg_stat_replication)
SELECT 'problem',
       format('synchronous_standby_names is %L and no such standby is connected: COMMIT waits for ever',
              pg_catalog.current_setting('synchronous_standby_names')),
       'bring the standby back, or: ALTER SYSTEM SET synchronous_standby_names = ''''; SELECT pg_reload_conf()'
  FROM standbys
 WHERE pg_catalog.current_setting('synchronous_standby_names') <> '' AND synchronous = 0 AND hidden = 0
   AND NOT pg_catalog.pg_is_in_recovery()
