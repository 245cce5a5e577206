-- Whether nobody builds an index on a table or holds SHARE UPDATE EXCLUSIVE there, whatever the role.
-- Takes no lock on any relation. pg_locks is complete for every role; the progress view too.
SELECT NOT EXISTS (
         SELECT FROM pg_catalog.pg_stat_progress_create_index
          WHERE relid = pg_catalog.to_regclass($1) AND pid <> pg_catalog.pg_backend_pid())
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_locks
          WHERE locktype = 'relation' AND relation = pg_catalog.to_regclass($1)
            AND mode = 'ShareUpdateExclusiveLock' AND granted AND pid <> pg_catalog.pg_backend_pid()
            AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
