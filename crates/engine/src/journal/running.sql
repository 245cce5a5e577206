-- What runners do this moment, read by `status`. Times are the server's.
SELECT run.run_id::text, run.command, run.runner, progress.revision_id, progress.step,
       coalesce(progress.phase, ''), coalesce(progress.done, 0), coalesce(progress.total, 0),
       extract(epoch FROM clock_timestamp() - progress.beat_at)::double precision,
       extract(epoch FROM clock_timestamp() - run.started_at)::double precision
  FROM windlass.progress
  JOIN windlass.run USING (run_id)
 WHERE run.finished_at IS NULL
 ORDER BY run.started_at
