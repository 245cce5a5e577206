-- Everyone who waits for a lock, and everyone who holds or wants the same: ONE snapshot of pg_locks, so that
-- the graph has no edge from two moments. Run by the watchdog on its own connection, several times a second.
-- Takes no lock on any relation. Where nobody waits only pg_locks is read. A role without pg_monitor sees
-- pg_locks whole, and of other roles' sessions the application_name.
WITH locks AS MATERIALIZED (
    SELECT concat_ws('/', locktype, database, relation, page, tuple, virtualxid, transactionid, classid, objid,
                     objsubid) AS object,
           locktype, relation, transactionid, virtualtransaction, pid, mode, granted, waitstart
      FROM pg_catalog.pg_locks
), waited AS (
    SELECT DISTINCT object FROM locks WHERE NOT granted
)
SELECT locks.object,
       locks.locktype,
       coalesce((SELECT quote_ident(relname) FROM pg_catalog.pg_class WHERE oid = locks.relation), '')::text,
       locks.pid,
       coalesce(activity.leader_pid, locks.pid),
       locks.mode,
       locks.granted,
       extract(epoch FROM clock_timestamp() - locks.waitstart)::double precision,
       coalesce(activity.usename, '')::text,
       coalesce(activity.application_name, ''),
       coalesce(host(activity.client_addr), ''),
       coalesce(activity.state, ''),
       -- Hidden from plain roles; but of those at work in a database only autovacuum has no user.
       coalesce(activity.backend_type,
                CASE WHEN activity.datid <> 0 AND activity.usesysid IS NULL THEN 'autovacuum worker' END, ''),
       extract(epoch FROM clock_timestamp() - coalesce(activity.xact_start, prepared.prepared))::double precision,
       left(regexp_replace(coalesce(activity.query, ''), '\s+', ' ', 'g'), 200),
       coalesce(prepared.gid, '')
  FROM waited
  JOIN locks USING (object)
  LEFT JOIN pg_catalog.pg_stat_activity AS activity ON activity.pid = locks.pid
  -- A prepared transaction has no process; its lock on its own transaction id tells which one it is.
  LEFT JOIN locks AS own
    ON locks.pid IS NULL AND own.pid IS NULL AND own.locktype = 'transactionid' AND own.granted
   AND own.virtualtransaction = locks.virtualtransaction
  LEFT JOIN pg_catalog.pg_prepared_xacts AS prepared ON prepared.transaction = own.transactionid
