-- Says that a worker lives, how fast it is and what slows it, and prolongs its lease. A worker that has left
-- stays gone: the sign may come late.
WITH lease AS (
    UPDATE windlass.backfill_range
       SET leased_until = pg_catalog.clock_timestamp() + $7::bigint * interval '1 ms'
     WHERE name = $2 AND state = 'todo' AND worker = $1::uuid
       AND number IN (SELECT number FROM windlass.backfill_range
                       WHERE name = $2 AND state = 'todo' AND worker = $1::uuid FOR UPDATE SKIP LOCKED)
)
UPDATE windlass.backfill_worker
   SET batch_rows = $3, rows_per_second = $4, duty = $5, reasons = $6, beat_at = pg_catalog.clock_timestamp()
 WHERE worker = $1::uuid
