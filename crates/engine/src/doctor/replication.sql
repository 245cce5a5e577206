-- Standbys that lag: what a migration writes, and the locks it takes, reach them late. Without pg_monitor the
-- lag is hidden, and no row comes. Run by `doctor`; reads activity only, no lock.
SELECT 'warning',
       format('standby %s (%s) is %s behind%s', coalesce(nullif(application_name, ''), 'pid ' || pid),
              coalesce(pg_catalog.host(client_addr), 'local'),
              pg_catalog.pg_size_pretty(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn)),
              coalesce(', ' || pg_catalog.date_trunc('milliseconds', replay_lag), '')),
       'look at the standby: SELECT * FROM pg_stat_wal_receiver; SELECT pg_is_wal_replay_paused()'
  FROM pg_catalog.pg_stat_replication
 WHERE NOT pg_catalog.pg_is_in_recovery() AND state = 'streaming'
   AND CASE WHEN pg_catalog.pg_is_in_recovery() THEN false
            ELSE pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn) > 64 * 1024 * 1024
                 OR replay_lag > interval '10 seconds' END
