-- Transactions that were prepared and neither committed nor rolled back: they hold their locks over restarts.
-- Run by `doctor`; briefly locks the list of prepared transactions.
SELECT 'warning',
       format('the prepared transaction %L of %s in %s is open since %s and keeps its locks', gid, owner, database,
              pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() - prepared)),
       format('ROLLBACK PREPARED %L', gid) || CASE WHEN database <> pg_catalog.current_database()
                                                   THEN format(' -- in database %I', database) ELSE '' END
  FROM pg_catalog.pg_prepared_xacts
 WHERE prepared < pg_catalog.clock_timestamp() - $1::interval
 ORDER BY prepared
 LIMIT 10
