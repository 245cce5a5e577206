-- What is applied, in the fewest bytes: enough to see that nothing is to be done. Sent at the start of each
-- upgrade, in one message with what makes sure of the session; no lock but ACCESS SHARE.
-- A new backend loads the catalog rows of all that a query names, so there is no order, no condition and no
-- function here. The version is read last: where a newer windlass changed the table before, it is a newer one.
SELECT "position", revision_id, checksum, state FROM windlass.revision;
SELECT journal_version FROM windlass.leader
