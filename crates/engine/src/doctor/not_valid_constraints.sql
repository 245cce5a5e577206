-- Constraints that hold for new rows only. Run by `doctor`; catalog reads only.
SELECT 'note',
       format('constraint %I of %s is NOT VALID: rows from before it may break it', conname, conrelid::regclass),
       format('ALTER TABLE %s VALIDATE CONSTRAINT %I', conrelid::regclass, conname)
  FROM pg_catalog.pg_constraint
 WHERE NOT convalidated AND conrelid <> 0 AND conparentid = 0
 ORDER BY conrelid::regclass::text, conname
 LIMIT 20
