-- The user's relations: the file of each, and how often the open transaction began to read it.
SELECT c.oid::text, c.relname, coalesce(pg_relation_filenode(c.oid), 0)::text,
       CASE WHEN c.relkind IN ('r', 'm') THEN pg_stat_get_xact_numscans(c.oid) ELSE 0 END::text
  FROM pg_class AS c
 WHERE c.oid >= 16384
   AND c.relnamespace = 'public'::regnamespace
   AND c.relkind IN ('r', 'm', 'i', 'p', 'I', 'v', 'S')
