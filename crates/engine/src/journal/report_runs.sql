-- The last runs, newest first, with what each of them applied and reverted. Run by `history --report`; no lock but
-- ACCESS SHARE on our own tables. $1 is how many.
SELECT run_id::text, command, target, profile, runner, role::text, windlass_version, started_at, finished_at,
       coalesce(result, 'unfinished'), error ->> 'message', retries, longest_stall_ms,
       ARRAY(SELECT action || ' ' || revision_id FROM windlass.history
              WHERE history.run_id = run.run_id ORDER BY entry)
  FROM windlass.run
 ORDER BY started_at DESC
 LIMIT $1
