-- Which session holds an advisory lock of ours in this database. Takes no lock on any relation.
SELECT activity.pid,
       coalesce(activity.usename, '')::text,
       coalesce(activity.application_name, ''),
       coalesce(host(activity.client_addr), ''),
       coalesce(activity.state, ''),
       coalesce(activity.backend_type, ''),
       extract(epoch FROM clock_timestamp() - activity.xact_start)::double precision,
       left(regexp_replace(coalesce(activity.query, ''), '\s+', ' ', 'g'), 200),
       '',
       ''
  FROM pg_catalog.pg_locks AS held
  JOIN pg_catalog.pg_stat_activity AS activity ON activity.pid = held.pid
 WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 2
   AND held.classid = $1 AND held.objid = $2
   AND held.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
