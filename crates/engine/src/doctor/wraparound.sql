-- How far transaction ids have run ahead of the last freezing: at 2^31 the server stops taking writes, and
-- anti-wraparound vacuums, which do not give way to a lock, come at autovacuum_freeze_max_age. Catalog reads only.
WITH tables AS (
  SELECT oid::regclass AS name, pg_catalog.age(relfrozenxid) AS xids, pg_catalog.mxid_age(relminmxid) AS multixacts,
         pg_catalog.current_setting('autovacuum_freeze_max_age')::bigint AS xid_limit,
         pg_catalog.current_setting('autovacuum_multixact_freeze_max_age')::bigint AS multixact_limit
    FROM pg_catalog.pg_class
   WHERE relkind IN ('r', 'm', 't') AND relfrozenxid <> 0)
SELECT CASE WHEN greatest(xids, multixacts) > 1500000000 THEN 'problem' ELSE 'warning' END,
       format('%s was last frozen %s transactions (%s multixacts) ago: a vacuum that does not give way to ALTER TABLE %s',
              name, xids, multixacts,
              CASE WHEN xids > xid_limit OR multixacts > multixact_limit THEN 'is due or at work' ELSE 'comes soon' END),
       format('VACUUM (FREEZE) %s', name)
  FROM tables
 WHERE xids > xid_limit * 0.9 OR multixacts > multixact_limit * 0.9
 ORDER BY greatest(xids, multixacts) DESC
 LIMIT 5
