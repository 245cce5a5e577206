-- A worker says who it is before it claims anything, so that others see when its backend ends.
INSERT INTO windlass.backfill_worker AS known (worker, name, runner, backend_pid)
VALUES ($1::uuid, $2, $3, $4)
ON CONFLICT (worker) DO UPDATE SET backend_pid = excluded.backend_pid, beat_at = pg_catalog.clock_timestamp()
