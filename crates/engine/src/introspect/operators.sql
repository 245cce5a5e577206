-- Operators, read by introspection; locks nothing.
-- One without a function was only named by another as its commutator or negator.
SELECT o.oid, o.oprnamespace AS namespace, o.oprname AS name, pg_catalog.pg_get_userbyid(o.oprowner)::text AS owner,
       CASE WHEN o.oprleft = 0 THEN 'NONE' ELSE pg_catalog.format_type(o.oprleft, NULL) END AS left_type,
       CASE WHEN o.oprright = 0 THEN 'NONE' ELSE pg_catalog.format_type(o.oprright, NULL) END AS right_type,
       o.oprcode <> 0 AS is_defined,
       pg_catalog.array_remove(ARRAY[
           'FUNCTION=' || o.oprcode::pg_catalog.regproc::text,
           CASE WHEN o.oprleft <> 0 THEN 'LEFTARG=' || pg_catalog.format_type(o.oprleft, NULL) END,
           CASE WHEN o.oprright <> 0 THEN 'RIGHTARG=' || pg_catalog.format_type(o.oprright, NULL) END,
           'COMMUTATOR=OPERATOR(' || pg_catalog.quote_ident(cn.nspname) || '.' || c.oprname || ')',
           'NEGATOR=OPERATOR(' || pg_catalog.quote_ident(nn.nspname) || '.' || n.oprname || ')',
           CASE WHEN o.oprrest <> 0 THEN 'RESTRICT=' || o.oprrest::pg_catalog.regproc::text END,
           CASE WHEN o.oprjoin <> 0 THEN 'JOIN=' || o.oprjoin::pg_catalog.regproc::text END,
           CASE WHEN o.oprcanhash THEN 'HASHES=' END,
           CASE WHEN o.oprcanmerge THEN 'MERGES=' END], NULL) AS parameters
  FROM pg_catalog.pg_operator AS o
  LEFT JOIN pg_catalog.pg_operator AS c ON c.oid = o.oprcom
  LEFT JOIN pg_catalog.pg_namespace AS cn ON cn.oid = c.oprnamespace
  LEFT JOIN pg_catalog.pg_operator AS n ON n.oid = o.oprnegate
  LEFT JOIN pg_catalog.pg_namespace AS nn ON nn.oid = n.oprnamespace
 WHERE o.oid >= 16384
