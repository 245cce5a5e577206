-- Who else is connected to this database, oldest transaction first. Run before a run with services stopped; no lock.
SELECT pid,
       coalesce(usename, '')::text,
       coalesce(application_name, ''),
       coalesce(pg_catalog.host(client_addr), ''),
       coalesce(state, ''),
       coalesce(backend_type, ''),
       extract(epoch FROM pg_catalog.clock_timestamp() - xact_start)::double precision,
       left(regexp_replace(coalesce(query, ''), '\s+', ' ', 'g'), 200),
       '',
       ''
  FROM pg_catalog.pg_stat_activity
 WHERE datname = pg_catalog.current_database() AND coalesce(backend_type, 'client backend') = 'client backend'
   AND pid <> pg_catalog.pg_backend_pid()
   AND coalesce(application_name, '') <> 'windlass' AND coalesce(application_name, '') NOT LIKE 'windlass %'
 ORDER BY xact_start NULLS LAST, pid
