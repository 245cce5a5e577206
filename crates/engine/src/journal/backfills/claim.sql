-- Claims the next range of a backfill for a worker: its own, a free one, or one whose worker let its
-- lease run out, or whose backend is gone. Locks that one row; what another worker holds is passed over.
WITH free AS (
    SELECT range.name, range.number
      FROM windlass.backfill_range AS range
      JOIN windlass.backfill AS job ON job.name = range.name
     WHERE range.name = $1 AND range.state = 'todo' AND range.pass = job.pass AND job.state = 'running'
       AND (range.worker IS NULL OR range.worker = $2::uuid
            OR range.leased_until < pg_catalog.clock_timestamp()
            OR EXISTS (SELECT FROM windlass.backfill_worker AS known
                        WHERE known.worker = range.worker
                          AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_get_activity(known.backend_pid))))
     ORDER BY range.worker IS NOT DISTINCT FROM $2::uuid DESC, range.priority, range.turn, range.number
     LIMIT 1
       FOR UPDATE OF range SKIP LOCKED
)
UPDATE windlass.backfill_range AS range
   SET worker = $2::uuid, leased_until = pg_catalog.clock_timestamp() + $3::bigint * interval '1 ms'
  FROM free
 WHERE range.name = free.name AND range.number = free.number
RETURNING range.number, range.partition, range.filenode, range.tenant, range.tenant_is_null,
          range.is_open, range.upper_bound, range.cursor, range.partition_oid, range.priority
