-- The steps of some runs, in the order in which they ended. Steps of a revision that was reverted since are gone.
-- Run by `history --report`; no lock but ACCESS SHARE on our own tables. $1 are the runs.
SELECT step.run_id::text, step.revision_id, step.direction, step.number, step.state, step.lane, step.title, step.attempts,
       CASE WHEN step.lane = 'backfill' THEN coalesce(backfill.started_at, step.started_at) ELSE step.started_at END,
       step.finished_at, step.longest_stall_ms, step.warning, step.error ->> 'message',
       (SELECT pg_catalog.sum(rows_done)::bigint FROM windlass.backfill_range AS range WHERE range.name = backfill.name)
  FROM windlass.step
  LEFT JOIN windlass.backfill
    ON backfill.revision_id = step.revision_id AND backfill.step = step.number AND step.direction = 'up'
 WHERE step.run_id::text = ANY ($1)
 ORDER BY coalesce(step.finished_at, step.started_at), step.revision_id, step.number
