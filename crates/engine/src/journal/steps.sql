-- Steps of revisions that are under way, and those that ended with a warning or an open question.
SELECT step.revision_id, step.direction, step.number, step.state, step.lane, step.title,
       step.backend_pid, step.backend_start::text, step.attempts, step.session::text, step.warning,
       step.error::text
  FROM windlass.step AS step
  JOIN windlass.revision AS revision USING (revision_id)
 WHERE step.state <> 'done' OR revision.state NOT IN ('applied', 'contracted')
 ORDER BY revision."position", step.direction, step.number
