-- What is applied, in the fewest bytes: enough to see that nothing is to be done. Run at the start
-- of each upgrade; no lock but ACCESS SHARE. $1 is the newest journal that this build reads.
SELECT revision_id, checksum, state IN ('applied', 'contracted')
  FROM windlass.revision
 WHERE (SELECT journal_version FROM windlass.leader) <= $1
 ORDER BY "position"
