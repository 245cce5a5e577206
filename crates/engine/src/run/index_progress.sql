-- How far a concurrent build of ours is, and whose old snapshot it waits for. Run on the side connection every
-- second while it goes on. Takes no lock on any relation.
SELECT progress.phase,
       progress.lockers_done, progress.lockers_total,
       progress.blocks_done, progress.blocks_total,
       progress.tuples_done, progress.tuples_total,
       activity.pid,
       coalesce(activity.usename, '')::text,
       coalesce(activity.application_name, ''),
       coalesce(host(activity.client_addr), ''),
       coalesce(activity.state, ''),
       coalesce(activity.backend_type, ''),
       extract(epoch FROM clock_timestamp() - activity.xact_start)::double precision,
       left(regexp_replace(coalesce(activity.query, ''), '\s+', ' ', 'g'), 200)
  FROM pg_catalog.pg_stat_progress_create_index AS progress
  LEFT JOIN pg_catalog.pg_stat_activity AS activity
    ON activity.pid = progress.current_locker_pid AND progress.lockers_done < progress.lockers_total
 WHERE progress.pid = $1
