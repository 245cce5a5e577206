-- Every revision that the database knows. Run at the start of each command; no lock but ACCESS SHARE.
-- The frozen plan is read only where it is still needed.
SELECT revision_id, "position", parents, labels, replaces, state, direction,
       checksum,
       CASE WHEN state NOT IN ('applied', 'contracted') THEN plan END,
       started_at, applied_at
  FROM windlass.revision
 ORDER BY "position"
