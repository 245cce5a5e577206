-- Notes what a batch copied, and ends it when the copy of all batches grows too large. Run by the batch's own
-- transaction, in one go with COMMIT. {ID} is the copy, {ROWS} what the batch took, {MOST} how many bytes it may have.
UPDATE windlass.backup
   SET rows = rows + {ROWS}, bytes = pg_catalog.pg_total_relation_size('windlass.backup_{ID}'::pg_catalog.regclass)
 WHERE backup_id = {ID};
DO $windlass$
BEGIN
    IF pg_catalog.pg_total_relation_size('windlass.backup_{ID}'::pg_catalog.regclass) > {MOST}::bigint THEN
        RAISE EXCEPTION USING ERRCODE = 'WL005', MESSAGE = 'what goes beyond `guard.backup_megabytes`';
    END IF;
END
$windlass$
