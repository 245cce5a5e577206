-- Cuts the keys up to $5 off an open range, for the worker that has claimed it, and lets the rest go.
WITH rest AS (
    UPDATE windlass.backfill_range
       SET cursor = $5, turn = turn + 1, worker = NULL, leased_until = NULL
     WHERE name = $1 AND number = $2 AND worker = $3::uuid AND state = 'todo'
       AND cursor IS NOT DISTINCT FROM $4
    RETURNING *
)
INSERT INTO windlass.backfill_range (name, pass, partition_oid, partition, filenode, tenant, tenant_is_null,
       priority, turn, is_open, upper_bound, cursor, worker, leased_until)
SELECT name, pass, partition_oid, partition, filenode, tenant, tenant_is_null,
       priority, turn - 1, false, $5, $4, $3::uuid,
       pg_catalog.clock_timestamp() + $6::bigint * interval '1 ms'
  FROM rest
RETURNING number
