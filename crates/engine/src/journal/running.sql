-- What runners do this moment, read by `status`: those whose lock is held. $1 and $2 are the two keys of the leader's
-- lock. Times are the server's; no lock on any relation but ACCESS SHARE on our own.
SELECT run.run_id::text, run.command, run.runner, progress.revision_id, progress.step,
       coalesce(progress.phase, ''), coalesce(progress.done, 0), coalesce(progress.total, 0),
       extract(epoch FROM clock_timestamp() - progress.beat_at)::double precision,
       extract(epoch FROM clock_timestamp() - run.started_at)::double precision
  FROM windlass.progress
  JOIN windlass.run USING (run_id)
  JOIN windlass.leader USING (epoch)
 WHERE run.finished_at IS NULL
   AND EXISTS (SELECT FROM pg_catalog.pg_locks
                WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid::bigint = $1 AND objid::bigint = $2
                  AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
 ORDER BY run.started_at
