-- Languages of the users', read by introspection; locks nothing.
SELECT l.oid, l.lanname AS name, pg_catalog.pg_get_userbyid(l.lanowner)::text AS owner, l.lanpltrusted AS is_trusted,
       CASE WHEN l.lanplcallfoid <> 0 THEN l.lanplcallfoid::pg_catalog.regproc::text END AS handler,
       CASE WHEN l.laninline <> 0 THEN l.laninline::pg_catalog.regproc::text END AS inline,
       CASE WHEN l.lanvalidator <> 0 THEN l.lanvalidator::pg_catalog.regproc::text END AS validator
  FROM pg_catalog.pg_language AS l
 WHERE l.oid >= 16384
