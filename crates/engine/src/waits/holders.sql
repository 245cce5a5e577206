-- Who holds a mode that conflicts with what we are about to ask for. Run on the watchdog's connection before a
-- blocking lock is queued for. $1 relations (oid), $2 for each the conflicting modes, joined by commas; $3 our
-- own backends. Takes no lock on any relation.
WITH locks AS MATERIALIZED (SELECT * FROM pg_catalog.pg_locks)
SELECT held.pid,
       coalesce(activity.usename, '')::text,
       coalesce(activity.application_name, ''),
       coalesce(host(activity.client_addr), ''),
       coalesce(activity.state, ''),
       -- Hidden from plain roles; but of those at work in a database only autovacuum has no user.
       coalesce(activity.backend_type,
                CASE WHEN activity.datid <> 0 AND activity.usesysid IS NULL THEN 'autovacuum worker' END, ''),
       extract(epoch FROM clock_timestamp() - coalesce(activity.xact_start, prepared.prepared))::double precision,
       left(regexp_replace(coalesce(activity.query, ''), '\s+', ' ', 'g'), 200),
       held.relation::pg_catalog.regclass::text,
       held.mode,
       coalesce(prepared.gid, ''),
       held.relation,
       coalesce((SELECT rolsuper FROM pg_catalog.pg_roles WHERE oid = activity.usesysid), false),
       extract(epoch FROM clock_timestamp() - activity.state_change)::double precision
  FROM unnest($1::oid[], $2::text[]) AS asked (relation, conflicts)
  JOIN locks AS held
    ON held.relation = asked.relation
   AND held.mode = ANY (string_to_array(asked.conflicts, ','))
  LEFT JOIN pg_catalog.pg_stat_activity AS activity ON activity.pid = held.pid
  -- A prepared transaction has no process; its lock on its own transaction id tells which one it is.
  LEFT JOIN locks AS own
    ON held.pid IS NULL AND own.pid IS NULL AND own.locktype = 'transactionid' AND own.granted
   AND own.virtualtransaction = held.virtualtransaction
  LEFT JOIN pg_catalog.pg_prepared_xacts AS prepared ON prepared.transaction = own.transactionid
 WHERE held.locktype = 'relation'
   AND held.granted
   AND held.database IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
   AND (held.pid IS NULL OR held.pid <> ALL ($3::int4[]))
 ORDER BY 7 DESC NULLS LAST
