-- Releases the advisory locks that a script left in its session, as often as it took them, and keeps ours (class $1).
-- One that is not held any more gives false, and a warning, which the setting holds back until the message's end.
SELECT pg_catalog.set_config('client_min_messages', 'error', true);
WITH RECURSIVE held (classid, objid, objsubid, is_shared, was_held) AS (
    SELECT classid::bigint, objid::bigint, objsubid, mode = 'ShareLock', true
      FROM pg_catalog.pg_locks
     WHERE locktype = 'advisory' AND granted AND pid = pg_catalog.pg_backend_pid()
       AND NOT (objsubid = 2 AND classid::bigint = $1)
     UNION ALL
    SELECT classid, objid, objsubid, is_shared,
           CASE WHEN objsubid = 2 AND is_shared
                THEN pg_catalog.pg_advisory_unlock_shared(classid::bit(32)::integer, objid::bit(32)::integer)
                WHEN objsubid = 2
                THEN pg_catalog.pg_advisory_unlock(classid::bit(32)::integer, objid::bit(32)::integer)
                WHEN is_shared THEN pg_catalog.pg_advisory_unlock_shared((classid << 32) | objid)
                ELSE pg_catalog.pg_advisory_unlock((classid << 32) | objid)
           END
      FROM held WHERE was_held
)
SELECT count(*) FROM held
