-- Mappings of users on foreign servers, read by introspection; locks nothing.
-- The condition is that by which the view pg_user_mappings shows options.
SELECT m.umid AS oid, m.srvid AS server, m.srvname AS server_name,
       CASE WHEN m.umuser = 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(m.umuser)::text END AS user_name,
       m.umoptions AS options,
       r.rolsuper
       OR pg_catalog.pg_has_role(s.srvowner, 'USAGE') AND m.umuser = 0
       OR m.umuser = r.oid AND (pg_catalog.pg_has_role(s.srvowner, 'USAGE')
                                OR pg_catalog.has_server_privilege(s.oid, 'USAGE')) AS is_visible
  FROM pg_catalog.pg_user_mappings AS m
  JOIN pg_catalog.pg_foreign_server AS s ON s.oid = m.srvid
  JOIN pg_catalog.pg_roles AS r ON r.rolname = current_user
