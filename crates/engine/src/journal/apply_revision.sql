-- A revision of one step, begun, done and applied in one transaction: plan, history line and step in
-- one statement. Sent behind its statements, in the same transaction; locks nothing but what it inserts.
-- The same as apply_revisions.sql for one; reading JSON would be a third of its time.
WITH begun AS (
     INSERT INTO windlass.revision (revision_id, parents, labels, replaces, state, direction, checksum,
            directives_checksum, down_checksum, plan, run_id, started_at, applied_at)
     VALUES ($1, $2, $3, $4, 'applied', 'up', $5, $6, $7, $8, $9::uuid,
            pg_catalog.transaction_timestamp(), pg_catalog.clock_timestamp())),
line AS (
     INSERT INTO windlass.history (run_id, revision_id, action, checksum)
     VALUES ($9::uuid, $1, 'applied', $5))
INSERT INTO windlass.step AS known (revision_id, direction, number, state, run_id, lane, title, attempts,
       started_at, finished_at)
VALUES ($1, 'up', 1, 'done', $9::uuid, $10, $11, $12,
       pg_catalog.transaction_timestamp(), pg_catalog.clock_timestamp())
    ON CONFLICT (revision_id, direction, number) DO UPDATE SET state = excluded.state,
       run_id = excluded.run_id, attempts = excluded.attempts, warning = NULL, session = NULL, error = NULL,
       started_at = excluded.started_at, finished_at = excluded.finished_at
