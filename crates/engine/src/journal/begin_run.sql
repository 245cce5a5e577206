-- A run that has something to do begins, under the leader lock. A run of an earlier epoch that never said how it ended
-- was killed or lost its server: it is over since its last sign of life. Row locks on our own tables.
WITH dead AS (
  DELETE FROM windlass.progress USING windlass.run
   WHERE progress.run_id = run.run_id AND run.epoch < $2
  RETURNING progress.run_id, progress.beat_at),
     over AS (
  UPDATE windlass.run SET result = 'interrupted',
         finished_at = coalesce((SELECT beat_at FROM dead WHERE dead.run_id = run.run_id), started_at),
         error = pg_catalog.jsonb_build_object('message', 'the runner ended without a word; a later run went on')
   WHERE finished_at IS NULL AND epoch < $2)
INSERT INTO windlass.run (run_id, epoch, command, target, windlass_version, profile, runner)
VALUES ($1::uuid, $2, $3, $4, $5, $6, $7)
