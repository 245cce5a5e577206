-- Replication slots that nobody reads: they keep WAL until the disk is full, and a backfill writes a lot of it.
-- Run by `doctor`; reads the slots only, no lock on any relation.
SELECT CASE WHEN wal_status IN ('unreserved', 'lost') THEN 'problem' ELSE 'warning' END,
       format('replication slot %L is not in use and keeps %s of WAL (%s)', slot_name,
              pg_catalog.pg_size_pretty(CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL
                ELSE pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), restart_lsn) END), wal_status),
       format('SELECT pg_drop_replication_slot(%L)', slot_name)
  FROM pg_catalog.pg_replication_slots
 WHERE NOT active AND NOT temporary
