-- What the role may do, and what it cannot see. Run by `doctor`; reads catalogs only, no lock.
WITH journal AS (SELECT oid, nspowner FROM pg_catalog.pg_namespace WHERE nspname = 'windlass'),
     may AS (
  SELECT EXISTS (SELECT FROM journal) AS has_journal,
         pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') AS creates,
         coalesce((SELECT pg_catalog.bool_and(pg_catalog.has_table_privilege(pg_class.oid, 'SELECT, INSERT, UPDATE, DELETE')
                                   AND pg_catalog.has_table_privilege(pg_class.oid, 'UPDATE'))
                     FROM pg_catalog.pg_class JOIN journal ON relnamespace = journal.oid
                    WHERE relkind = 'r'), true)
           AND coalesce((SELECT pg_catalog.has_schema_privilege(oid, 'USAGE') FROM journal), true) AS writes,
         pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS sees_all,
         pg_catalog.pg_has_role(current_user, 'pg_signal_backend', 'USAGE') AS signals)
SELECT 'problem', format('the role %s may not create the journal (schema windlass)', current_user),
       format('GRANT CREATE ON DATABASE %I TO %I', pg_catalog.current_database(), current_user)
  FROM may WHERE NOT has_journal AND NOT creates
UNION ALL
SELECT 'problem', format('the role %s may not write the journal, which belongs to %s', current_user,
                         (SELECT pg_catalog.pg_get_userbyid(nspowner) FROM journal)),
       format('GRANT %I TO %I', (SELECT pg_catalog.pg_get_userbyid(nspowner) FROM journal), current_user)
  FROM may WHERE has_journal AND NOT writes
UNION ALL
SELECT 'note', format('the role %s owns none of the %s tables of other roles: ALTER TABLE needs their owner', current_user, count(*)),
       format('set role = "%s" in windlass.toml, after GRANT %s TO %I', min(pg_catalog.pg_get_userbyid(relowner)),
              min(pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(relowner))), current_user)
  FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
 WHERE relkind IN ('r', 'p') AND nspname NOT IN ('windlass', 'information_schema', 'pg_catalog')
   AND nspname NOT LIKE 'pg\_%' AND NOT pg_catalog.pg_has_role(current_user, relowner, 'USAGE')
HAVING count(*) > 0
UNION ALL
SELECT 'unseen', 'state, transaction age, statement and wait of other roles'' sessions, and the standbys'' lag: the role is no member of pg_monitor',
       format('GRANT pg_monitor TO %I', current_user)
  FROM may WHERE NOT sees_all
UNION ALL
SELECT 'note', 'the role may not end other roles'' sessions: whoever is in the way is only named',
       format('GRANT pg_signal_backend TO %I', current_user)
  FROM may WHERE NOT signals
