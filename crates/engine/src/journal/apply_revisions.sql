-- Revisions of one step each, begun, done and applied in one transaction on a database that nobody uses
-- yet: plan, history line and step of each in one statement. $1 is a JSON array of them in order, $2 the
-- run. Sent behind their statements, in the same transaction; locks nothing but what it inserts.
WITH given AS MATERIALIZED (
     SELECT *
       FROM ROWS FROM (pg_catalog.jsonb_to_recordset($1::pg_catalog.jsonb) AS (
                id text, parents text[], labels text[], replaces text[], checksum text,
                directives_checksum text, down_checksum text, plan jsonb,
                lane text, title text, attempts integer))
            WITH ORDINALITY AS one (id, parents, labels, replaces, checksum,
                directives_checksum, down_checksum, plan, lane, title, attempts, nth)),
begun AS (
     INSERT INTO windlass.revision (revision_id, parents, labels, replaces, state, direction, checksum,
            directives_checksum, down_checksum, plan, run_id, started_at, applied_at)
     SELECT id, parents, labels, replaces, 'applied', 'up', checksum,
            directives_checksum, down_checksum, plan, $2::uuid,
            pg_catalog.transaction_timestamp(), pg_catalog.clock_timestamp()
       FROM given ORDER BY nth),
line AS (
     INSERT INTO windlass.history (run_id, revision_id, action, checksum)
     SELECT $2::uuid, id, 'applied', checksum FROM given ORDER BY nth)
INSERT INTO windlass.step AS known (revision_id, direction, number, state, run_id, lane, title, attempts,
       started_at, finished_at)
SELECT id, 'up', 1, 'done', $2::uuid, lane, title, attempts,
       pg_catalog.transaction_timestamp(), pg_catalog.clock_timestamp()
  FROM given ORDER BY nth
    ON CONFLICT (revision_id, direction, number) DO UPDATE SET state = excluded.state,
       run_id = excluded.run_id, attempts = excluded.attempts, warning = NULL, session = NULL, error = NULL,
       started_at = excluded.started_at, finished_at = excluded.finished_at
