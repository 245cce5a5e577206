-- The user's own triggers that a change ($2: the bit of its event in tgtype, 4 INSERT, 8 DELETE, 16 UPDATE;
-- $3: the columns that it sets) of a table or its partitions ($1) fires. What a safe form keeps two columns in step by
-- is ours.
SELECT DISTINCT trigger.tgname::text || ' (' || function.proname::text || ')'
  FROM pg_catalog.pg_trigger AS trigger
  JOIN pg_catalog.pg_proc AS function ON function.oid = trigger.tgfoid
 WHERE trigger.tgrelid = ANY ($1::oid[]) AND NOT trigger.tgisinternal AND trigger.tgenabled IN ('O', 'A')
   AND trigger.tgtype & $2::smallint <> 0
   AND NOT (trigger.tgenabled = 'A' AND trigger.tgname LIKE '~%windlass%')
   AND (pg_catalog.cardinality(trigger.tgattr::smallint[]) = 0
        OR EXISTS (SELECT FROM pg_catalog.pg_attribute AS part
                    WHERE part.attrelid = trigger.tgrelid AND part.attnum = ANY (trigger.tgattr::smallint[])
                      AND part.attname = ANY ($3::text[])))
 ORDER BY 1
