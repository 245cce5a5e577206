-- The signals that slow a backfill down, in one look. $1: the backends at work; $2: the tables they change.
-- Reads statistics views and pg_locks; what the role may not see is NULL and says nothing.
SELECT (SELECT extract(epoch FROM pg_catalog.max(replay_lag))::float8 FROM pg_catalog.pg_stat_replication),
       (SELECT pg_catalog.max(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn))::float8
          FROM pg_catalog.pg_stat_replication),
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication WHERE state = 'streaming'),
       (SELECT pg_catalog.max(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), restart_lsn))::float8
          FROM pg_catalog.pg_replication_slots),
       (SELECT coalesce(pg_catalog.bool_or(wal_status IN ('unreserved', 'lost')), false)
          FROM pg_catalog.pg_replication_slots),
       (SELECT pg_catalog.max(extract(epoch FROM pg_catalog.clock_timestamp() - waiting.waitstart))::float8
          FROM pg_catalog.pg_locks AS waiting
         WHERE NOT waiting.granted AND waiting.pid <> ALL ($1)
           AND pg_catalog.pg_blocking_pids(waiting.pid) && $1),
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity
         WHERE state = 'active' AND backend_type = 'client backend' AND pid <> ALL ($1)
           AND pid <> pg_catalog.pg_backend_pid()),
       (SELECT pg_catalog.max(extract(epoch FROM pg_catalog.clock_timestamp() - xact_start))::float8
          FROM pg_catalog.pg_stat_activity
         WHERE backend_xmin IS NOT NULL AND pid <> ALL ($1) AND pid <> pg_catalog.pg_backend_pid()
           AND backend_type = 'client backend'),
       (SELECT pg_catalog.sum(pg_catalog.pg_stat_get_dead_tuples(oid))::float8 FROM pg_catalog.unnest($2) AS oid),
       (SELECT pg_catalog.sum(pg_catalog.pg_stat_get_live_tuples(oid))::float8 FROM pg_catalog.unnest($2) AS oid),
       pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), '0/0')::float8,
       (SELECT pg_catalog.count(*) > 0 FROM pg_catalog.pg_stat_progress_vacuum
         WHERE relid = ANY ($2) AND pid <> ALL ($1)),
       (SELECT coalesce(pg_catalog.bool_or(query LIKE '%to prevent wraparound%'), false)
          FROM pg_catalog.pg_stat_activity
         WHERE backend_type = 'autovacuum worker'
           AND pid IN (SELECT pid FROM pg_catalog.pg_stat_progress_vacuum WHERE relid = ANY ($2)))
