-- Version and settings that decide how a migration fares. Run by `doctor`; reads settings only, no lock.
WITH facts AS (
  SELECT pg_catalog.current_setting('server_version_num')::integer AS version,
         pg_catalog.pg_is_in_recovery() AS is_standby)
SELECT 'problem', format('PostgreSQL %s is older than 14, the oldest that windlass is tested with', version / 10000),
       'upgrade the server'
  FROM facts WHERE version < 140000
UNION ALL
SELECT 'warning', format('PostgreSQL %s is newer than 18, the newest that windlass is tested with', version / 10000),
       'use a newer windlass'
  FROM facts WHERE version >= 190000
UNION ALL
SELECT 'problem', 'the server is a standby: nothing can be migrated here',
       'connect to the primary; with several hosts add target_session_attrs=read-write'
  FROM facts WHERE is_standby
UNION ALL
SELECT 'problem', 'transactions are read-only by default here (default_transaction_read_only)',
       CASE (SELECT source FROM pg_catalog.pg_settings WHERE name = 'default_transaction_read_only')
            WHEN 'user' THEN format('ALTER ROLE %I RESET default_transaction_read_only', session_user)
            WHEN 'database user' THEN format('ALTER ROLE %I IN DATABASE %I RESET default_transaction_read_only',
                                             session_user, pg_catalog.current_database())
            WHEN 'database' THEN format('ALTER DATABASE %I RESET default_transaction_read_only',
                                        pg_catalog.current_database())
            WHEN 'client' THEN 'take it out of the connection string''s options, or of PGOPTIONS'
            ELSE 'ALTER SYSTEM SET default_transaction_read_only = off; SELECT pg_reload_conf()' END
  FROM facts WHERE NOT is_standby AND pg_catalog.current_setting('default_transaction_read_only')::boolean
UNION ALL
SELECT 'warning', 'max_standby_streaming_delay is -1: a query on this standby can stop replay for ever while a migration''s lock waits to be replayed',
       'ALTER SYSTEM SET max_standby_streaming_delay = ''30s''; SELECT pg_reload_conf()'
  FROM facts WHERE is_standby AND pg_catalog.current_setting('max_standby_streaming_delay') = '-1'
UNION ALL
SELECT 'warning', 'track_counts is off: autovacuum does not run, and what a migration deletes cannot be counted',
       'ALTER SYSTEM SET track_counts = on; SELECT pg_reload_conf()'
  FROM facts WHERE NOT pg_catalog.current_setting('track_counts')::boolean
UNION ALL
SELECT 'warning', 'autovacuum is off',
       'ALTER SYSTEM SET autovacuum = on; SELECT pg_reload_conf()'
  FROM facts WHERE NOT pg_catalog.current_setting('autovacuum')::boolean
UNION ALL
SELECT 'warning', 'fsync is off: a crash of the machine loses the database',
       'ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf()'
  FROM facts WHERE NOT pg_catalog.current_setting('fsync')::boolean
UNION ALL
SELECT 'note', 'log_lock_waits is off: the server''s log will not tell who waited for whom',
       'ALTER SYSTEM SET log_lock_waits = on; SELECT pg_reload_conf()'
  FROM facts WHERE NOT pg_catalog.current_setting('log_lock_waits')::boolean
UNION ALL
SELECT 'note', 'sessions that idle in a transaction are never ended (idle_in_transaction_session_timeout is 0 for this role)',
       format('ALTER DATABASE %I SET idle_in_transaction_session_timeout = ''5min''', pg_catalog.current_database())
  FROM facts WHERE pg_catalog.current_setting('idle_in_transaction_session_timeout') = '0'
