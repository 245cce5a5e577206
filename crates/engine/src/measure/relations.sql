-- All relations of the user, with what a statement can change about them: their file, their columns. Locks nothing
-- but catalogs.
SELECT c.oid::text,
       CASE n.nspname WHEN 'public' THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(c.relname),
       c.relkind::text,
       c.relfilenode::text,
       (SELECT string_agg(a.attname, ',' ORDER BY a.attnum)
          FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
       CASE WHEN c.relkind IN ('r', 'm') THEN coalesce(pg_stat_get_xact_numscans(c.oid), 0) ELSE 0 END::text,
       CASE WHEN c.relkind IN ('r', 'm') THEN coalesce(pg_stat_get_xact_blocks_fetched(c.oid), 0) ELSE 0 END::text,
       format('%I.%I', n.nspname, c.relname),
       coalesce((SELECT x.indrelid FROM pg_index x WHERE x.indexrelid = c.oid), 0)::text
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind <> 'c' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
   AND n.nspname !~ '^pg_temp|^pg_toast_temp'
