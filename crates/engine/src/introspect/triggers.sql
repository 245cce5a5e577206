-- Triggers but those that PostgreSQL keeps for constraints, read by introspection; locks nothing.
-- A partition's copy of its parent's trigger is internal on 14 and not on newer servers.
SELECT t.oid, t.tgrelid AS relation, t.tgname AS name, f.pronamespace AS function_namespace,
       f.proname AS function_name,
       pg_catalog.pg_get_triggerdef(t.oid) AS definition, t.tgenabled::text AS state,
       (t.tgtype & 1) = 1 AS is_row, t.tgconstraint AS "constraint", t.tgparentid <> 0 AS is_inherited
  FROM pg_catalog.pg_trigger AS t
  JOIN pg_catalog.pg_proc AS f ON f.oid = t.tgfoid
 WHERE t.oid >= 16384
   AND (NOT t.tgisinternal OR t.tgparentid <> 0)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS c WHERE c.oid = t.tgconstraint AND c.contype <> 't')
 ORDER BY t.tgrelid, t.tgname
