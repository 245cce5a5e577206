-- The user's own triggers and rules that a change ($2: the bits of its events in tgtype, 4 INSERT, 8 DELETE, 16 UPDATE;
-- $3: the columns that it sets) of a table or its partitions ($1) sets off: whether as everybody's changes do, and whether
-- also under session_replication_role = replica. What a safe form keeps two columns in step by is ours.
SELECT trigger.tgname::text || ' (' || function.proname::text || ')',
       pg_catalog.bool_or(trigger.tgenabled IN ('O', 'A')), pg_catalog.bool_or(trigger.tgenabled IN ('R', 'A'))
  FROM pg_catalog.pg_trigger AS trigger
  JOIN pg_catalog.pg_proc AS function ON function.oid = trigger.tgfoid
 WHERE trigger.tgrelid = ANY ($1::oid[]) AND NOT trigger.tgisinternal AND trigger.tgenabled <> 'D'
   AND trigger.tgtype & $2::smallint <> 0
   AND NOT (trigger.tgenabled = 'A' AND trigger.tgname LIKE '~%windlass%')
   AND (pg_catalog.cardinality(trigger.tgattr::smallint[]) = 0
        OR EXISTS (SELECT FROM pg_catalog.pg_attribute AS part
                    WHERE part.attrelid = trigger.tgrelid AND part.attnum = ANY (trigger.tgattr::smallint[])
                      AND part.attname = ANY ($3::text[])))
 GROUP BY 1
UNION ALL
SELECT 'rule ' || rule.rulename::text,
       pg_catalog.bool_or(rule.ev_enabled IN ('O', 'A')), pg_catalog.bool_or(rule.ev_enabled IN ('R', 'A'))
  FROM pg_catalog.pg_rewrite AS rule
 WHERE rule.ev_class = ANY ($1::oid[]) AND rule.ev_enabled <> 'D'
   AND CASE rule.ev_type WHEN '2' THEN 16 WHEN '3' THEN 4 WHEN '4' THEN 8 ELSE 0 END & $2::smallint <> 0
 GROUP BY 1
 ORDER BY 1
