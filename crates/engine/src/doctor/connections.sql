-- Whether there is room for the two to four connections of a run. Run by `doctor`; no lock.
SELECT 'warning',
       format('%s of %s connections are in use; a run needs up to four', used, most),
       'close idle sessions, or raise max_connections and restart the server'
  FROM (SELECT count(*) AS used FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend') AS sessions,
       (SELECT pg_catalog.current_setting('max_connections')::integer
             - pg_catalog.current_setting('superuser_reserved_connections')::integer AS most) AS room
 WHERE used + 4 > most
