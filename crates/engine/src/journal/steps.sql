-- Steps of revisions that are under way, and those that ended with a warning or an open question.
SELECT revision_id, direction, number, state, lane, title, backend_pid, backend_start::text, attempts,
       session::text, warning, error::text
  FROM windlass.step
 WHERE state <> 'done'
    OR revision_id IN (SELECT revision_id FROM windlass.revision WHERE state NOT IN ('applied', 'contracted'))
 ORDER BY revision_id, direction, number
