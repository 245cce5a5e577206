-- Collects what a step's script changed in its session. Run as the script's role, at the end of its
-- transaction; takes no lock. Bare numbers are in each setting's base unit, so they can be set back
-- as they are. $1 holds our own settings as name=value: what still has our value is not the script's. $2 names the
-- settings that PostgreSQL does not know, such as app.tenant: no view lists them.
SELECT pg_catalog.set_config('windlass.session', coalesce((
       SELECT pg_catalog.jsonb_object_agg(made.name, made.setting)
         FROM (SELECT name, setting
                 FROM pg_catalog.pg_settings
                WHERE source = 'session' AND name NOT LIKE 'windlass.%'
                  AND name || '=' || setting <> ALL ($1)
                UNION ALL
               SELECT name, pg_catalog.current_setting(name, true)
                 FROM pg_catalog.unnest($2) AS custom (name)
                WHERE pg_catalog.current_setting(name, true) IS NOT NULL
                UNION ALL
               -- Who logged in is known only to the list of sessions.
               SELECT 'session_authorization', session_user
                 FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid())
                WHERE usesysid <> (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = session_user)
                UNION ALL
               SELECT 'role', pg_catalog.current_setting('role')
                WHERE 'role=' || pg_catalog.current_setting('role') <> ALL ($1)) AS made), '{}')::text, true)
