-- First statement of a batch: holds the range's row until the end of the transaction, and fails with
-- division_by_zero when the range is another worker's by now, or the backfill shall not go on.
SELECT 1 / pg_catalog.count(*)
  FROM (SELECT 1
          FROM windlass.backfill_range AS range
          JOIN windlass.backfill AS job ON job.name = range.name
         WHERE range.name = $1 AND range.number = $2 AND range.worker = $3::uuid AND range.state = 'todo'
           AND range.cursor IS NOT DISTINCT FROM $4 AND job.state = 'running'
           FOR UPDATE OF range) AS held
