-- The dead man's switch. Runs on a session of its own for as long as one statement, and ends that statement when
-- nobody has watched it for as long as anyone may wait: the runner is frozen, and its watchdog with it. A look of
-- the watchdog is its sign of life; where there is none for a while, whoever waits for us counts from when that
-- wait began. Each turn is a transaction of its own, so that it keeps no old snapshot.
-- {pid} and {start}: the backend that works; {limit}, {pause} and {grace} in seconds.
DO LANGUAGE plpgsql $windlass$
DECLARE
    longest CONSTANT interval := pg_catalog.make_interval(secs => {limit});
    looked timestamptz;
    last_look timestamptz := pg_catalog.clock_timestamp();
BEGIN
    LOOP
        PERFORM pg_catalog.pg_sleep({pause});
        COMMIT;
        PERFORM FROM pg_catalog.pg_stat_get_activity({pid}) AS activity
          WHERE activity.backend_start::text = {start};
        EXIT WHEN NOT FOUND;
        SELECT pg_catalog.max(query_start) INTO looked FROM pg_catalog.pg_stat_activity
          WHERE application_name = 'windlass watch' AND datname = pg_catalog.current_database();
        last_look := greatest(last_look, looked);
        IF last_look < pg_catalog.clock_timestamp() - longest
           OR last_look < pg_catalog.clock_timestamp() - longest / 4 AND EXISTS (
            SELECT FROM pg_catalog.pg_locks AS waiting
             WHERE NOT granted AND waitstart < pg_catalog.clock_timestamp() - longest
               AND {pid} = ANY (pg_catalog.pg_blocking_pids(waiting.pid)))
        THEN
            RAISE WARNING 'nobody watches';
            PERFORM pg_catalog.pg_cancel_backend({pid});
            PERFORM pg_catalog.pg_sleep({grace});
            COMMIT;
            -- One that writes to a runner which does not read takes no cancel.
            PERFORM pg_catalog.pg_terminate_backend({pid})
              FROM pg_catalog.pg_stat_get_activity({pid}) AS activity
             WHERE activity.backend_start::text = {start} AND activity.state = 'active';
            EXIT;
        END IF;
    END LOOP;
END
$windlass$
