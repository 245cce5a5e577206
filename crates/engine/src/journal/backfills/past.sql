-- The data changes in batches of one table ($1) that were done: rows that were passed, seconds, and the day. The last few.
-- Run by `plan`, for its estimates. ACCESS SHARE on the journal's tables alone.
SELECT pg_catalog.sum(range.rows_seen)::bigint,
       extract(epoch FROM job.finished_at - job.started_at)::double precision,
       pg_catalog.to_char(job.finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')
  FROM windlass.backfill AS job
  JOIN windlass.backfill_range AS range ON range.name = job.name
 WHERE job.relation_oid = $1 AND job.state = 'done' AND job.finished_at > job.started_at
 GROUP BY job.name
 ORDER BY job.finished_at DESC
 LIMIT 5
