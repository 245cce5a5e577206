-- Where a backfill stands, for the workers' own decisions. ACCESS SHARE on the journal's tables alone.
SELECT job.state, job.pass,
       pg_catalog.count(range.number) FILTER (WHERE range.state = 'todo' AND range.pass = job.pass),
       coalesce(pg_catalog.sum(range.rows_done), 0)::bigint,
       coalesce(pg_catalog.sum(range.rows_done) FILTER (WHERE range.pass = job.pass), 0)::bigint,
       coalesce(pg_catalog.sum(range.rows_done) FILTER (WHERE range.pass = job.pass - 1), 0)::bigint,
       coalesce(pg_catalog.sum(range.rows_seen) FILTER (WHERE range.pass = 1), 0)::bigint,
       (SELECT pg_catalog.count(*) FROM windlass.backfill_error AS error WHERE error.name = job.name),
       coalesce(job.rows_total, 0),
       pg_catalog.count(DISTINCT (range.tenant, range.tenant_is_null)) FILTER (WHERE range.tenant IS NOT NULL OR range.tenant_is_null)
  FROM windlass.backfill AS job
  LEFT JOIN windlass.backfill_range AS range ON range.name = job.name
 WHERE job.name = $1
 GROUP BY job.name
