-- What the journal says is applied or begun, as one short text. Run when a script is written and, inside the script,
-- before it does anything: the script fits that position only. No lock but ACCESS SHARE on our own table.
SELECT pg_catalog.md5(coalesce(pg_catalog.string_agg(revision_id || ' ' || state || ' ' || direction, ',' ORDER BY "position"), ''))
  FROM windlass.revision
