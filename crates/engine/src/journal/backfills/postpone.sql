-- Puts the keys between a range's cursor and $5 off to the end, because somebody holds their rows.
WITH rest AS (
    UPDATE windlass.backfill_range
       SET cursor = $5, state = CASE WHEN $6 THEN 'done' ELSE state END,
           worker = CASE WHEN $6 THEN NULL ELSE worker END
     WHERE name = $1 AND number = $2 AND worker = $3::uuid AND state = 'todo'
       AND cursor IS NOT DISTINCT FROM $4
    RETURNING *
)
INSERT INTO windlass.backfill_range (name, pass, partition_oid, partition, filenode, tenant, tenant_is_null,
       priority, turn, is_open, upper_bound, cursor)
SELECT name, pass, partition_oid, partition, filenode, tenant, tenant_is_null,
       1000000, turn, false, $5, $4
  FROM rest
