-- All backfills, or one, as `windlass backfill` shows them. ACCESS SHARE on the journal's tables alone.
SELECT job.name, job.revision_id, job.step, job.title, job.state, job.is_deferred, job.pass, job.rows_total,
       job.strategy, job.error::text, job.created_at, job.started_at, job.finished_at,
       coalesce(ranges.done, 0)::bigint, coalesce(ranges.seen, 0)::bigint,
       (SELECT pg_catalog.count(*) FROM windlass.backfill_error AS error WHERE error.name = job.name),
       job.definition, coalesce(ranges.todo, 0)::bigint
  FROM windlass.backfill AS job
  LEFT JOIN (SELECT name, pg_catalog.sum(rows_done) AS done,
                    pg_catalog.sum(rows_seen) AS seen,
                    pg_catalog.count(*) FILTER (WHERE state = 'todo') AS todo
               FROM windlass.backfill_range GROUP BY name) AS ranges ON ranges.name = job.name
 WHERE $1::text IS NULL OR job.name = $1
 ORDER BY job.created_at, job.name
