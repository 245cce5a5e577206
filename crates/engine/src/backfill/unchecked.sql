-- The constraints that a change ($2: the bits of its events in tgtype, 4 INSERT, 8 DELETE, 16 UPDATE; $3: the columns that it
-- sets) of a table or its partitions ($1) would break unseen under session_replication_role = replica: foreign keys in both
-- directions, and keys that are checked late, are enforced by triggers. A generated column may follow from any other, and a
-- row that moves to another partition is deleted and inserted. Nothing checks what is NOT ENFORCED, which there is from 18
-- on: majors before have no such column, and none of this name in the JSON.
WITH moved AS (
    SELECT FROM pg_catalog.pg_partitioned_table AS parted
      JOIN pg_catalog.pg_attribute AS part
        ON part.attrelid = parted.partrelid AND part.attnum = ANY (parted.partattrs::smallint[])
     WHERE parted.partrelid = ANY ($1::oid[]) AND $2::smallint = 16 AND part.attname = ANY ($3::text[])
)
SELECT DISTINCT enforced.conname::text || ' of ' || enforced.conrelid::regclass::text
  FROM pg_catalog.pg_constraint AS enforced
 CROSS JOIN LATERAL (VALUES (enforced.conrelid, enforced.conkey, 8, enforced.contype = 'f' OR enforced.condeferrable),
                            (enforced.confrelid, enforced.confkey, 4, enforced.contype = 'f'))
       AS side (relation, key, harmless, is_by_trigger)
 WHERE enforced.contype IN ('f', 'p', 'u', 'x') AND side.is_by_trigger
   AND side.relation = ANY ($1::oid[])
   AND coalesce((pg_catalog.to_jsonb(enforced) ->> 'conenforced')::boolean, true)
   AND ($2::smallint & ~ (side.harmless | 16) <> 0
        OR $2::smallint & 16 <> 0
           AND (0 = ANY (side.key) OR EXISTS (SELECT FROM moved)
                OR EXISTS (SELECT FROM pg_catalog.pg_attribute AS part
                            WHERE part.attrelid = side.relation AND part.attnum = ANY (side.key)
                              AND (part.attname = ANY ($3::text[]) OR part.attgenerated <> ''))))
 ORDER BY 1
