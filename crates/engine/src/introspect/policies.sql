-- Row security policies, read by introspection; locks nothing.
SELECT p.oid, p.polrelid AS relation, p.polname AS name, p.polcmd::text AS command,
       p.polpermissive AS is_permissive,
       CASE WHEN p.polroles <> '{0}'
            THEN ARRAY(SELECT pg_catalog.pg_get_userbyid(r)::text
                         FROM pg_catalog.unnest(p.polroles) AS r ORDER BY 1) END AS roles,
       pg_catalog.pg_get_expr(p.polqual, p.polrelid) AS using_expression,
       pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) AS check_expression
  FROM pg_catalog.pg_policy AS p
 WHERE p.oid >= 16384
 ORDER BY p.polrelid, p.polname
