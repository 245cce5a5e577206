-- Partition trees of which one statement locks more relations and indexes than the server's lock table is sure to
-- hold: "out of shared memory". Run by `doctor`; catalog reads only.
WITH RECURSIVE tree AS (
  SELECT oid AS root, oid AS relation FROM pg_catalog.pg_class WHERE relkind = 'p' AND NOT relispartition
  UNION ALL
  SELECT tree.root, inhrelid FROM tree JOIN pg_catalog.pg_inherits ON inhparent = tree.relation),
     sizes AS (
  SELECT root, count(DISTINCT relation) + count(indexrelid) AS locks
    FROM tree LEFT JOIN pg_catalog.pg_index ON indrelid = relation
   GROUP BY root),
     room AS (
  SELECT pg_catalog.current_setting('max_locks_per_transaction')::bigint AS each,
         pg_catalog.current_setting('max_connections')::bigint
           + pg_catalog.current_setting('max_prepared_transactions')::bigint AS transactions)
SELECT 'warning',
       format('a statement on %s and its partitions takes %s locks; the lock table is made for %s', root::regclass, locks,
              each * transactions),
       format('ALTER SYSTEM SET max_locks_per_transaction = %s -- and restart the server',
              greatest(each * 2, 2 * locks / transactions + 1))
  FROM sizes, room
 WHERE locks > each * transactions / 2
 ORDER BY locks DESC
 LIMIT 5
