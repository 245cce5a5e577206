-- Triggers that PostgreSQL keeps for foreign keys, so that dependencies on them lead to the constraint; locks nothing.
SELECT t.oid, t.tgconstraint AS "constraint"
  FROM pg_catalog.pg_trigger AS t
 WHERE t.oid >= 16384
   AND t.tgconstraint <> 0
   AND t.tgisinternal
