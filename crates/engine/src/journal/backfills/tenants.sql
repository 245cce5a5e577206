-- The tenants of a backfill with how far each is; no row where it is not done by tenants.
SELECT tenant, pg_catalog.sum(rows_done)::bigint, pg_catalog.sum(rows_seen)::bigint,
       pg_catalog.bool_and(state = 'done'), pg_catalog.min(number)
  FROM windlass.backfill_range
 WHERE name = $1 AND (tenant IS NOT NULL OR tenant_is_null)
 GROUP BY tenant
 ORDER BY pg_catalog.min(number)
