-- Who holds what a backend of ours waits for. Run on the side connection, never on the waiting one.
-- Takes no lock on any relation; pg_blocking_pids briefly locks the shared lock table.
SELECT activity.pid,
       coalesce(activity.usename, '')::text,
       coalesce(activity.application_name, ''),
       coalesce(host(activity.client_addr), ''),
       coalesce(activity.state, ''),
       activity.backend_type,
       extract(epoch FROM clock_timestamp() - activity.xact_start)::double precision,
       left(regexp_replace(coalesce(activity.query, ''), '\s+', ' ', 'g'), 200),
       coalesce(held.relation::regclass::text, ''),
       coalesce(held.mode, '')
  FROM unnest(pg_catalog.pg_blocking_pids($1)) AS blocking (pid)
  LEFT JOIN pg_catalog.pg_stat_activity AS activity ON activity.pid = blocking.pid
  LEFT JOIN LATERAL (
       SELECT theirs.relation, theirs.mode
         FROM pg_catalog.pg_locks AS ours
         JOIN pg_catalog.pg_locks AS theirs
           ON theirs.pid = blocking.pid AND theirs.granted AND theirs.locktype = 'relation'
          AND theirs.database = ours.database AND theirs.relation = ours.relation
        WHERE ours.pid = $1 AND NOT ours.granted AND ours.locktype = 'relation'
        LIMIT 1) AS held ON true
