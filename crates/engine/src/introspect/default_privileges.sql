-- Default privileges as differences from what they would be, read by introspection; locks nothing.
-- Those of a schema add to what there is, so they have nothing to differ from.
WITH held AS (
    SELECT d.oid, d.defaclrole AS role, d.defaclnamespace AS namespace, d.defaclobjtype AS kind, d.defaclacl AS acl,
           CASE WHEN d.defaclnamespace = 0
                THEN pg_catalog.acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END, d.defaclrole)
                END AS usual
      FROM pg_catalog.pg_default_acl AS d)
SELECT h.oid, pg_catalog.pg_get_userbyid(h.role)::text AS role, h.namespace, h.kind::text AS kind,
       g.is_granted, NULL::text AS grantor,
       CASE WHEN g.grantee <> 0 THEN pg_catalog.pg_get_userbyid(g.grantee)::text END AS grantee,
       g.privilege_type AS privilege, g.is_grantable
  FROM held AS h
  LEFT JOIN LATERAL (
       (SELECT true AS is_granted, grantee, privilege_type, is_grantable FROM pg_catalog.aclexplode(h.acl)
        EXCEPT SELECT true, grantee, privilege_type, is_grantable FROM pg_catalog.aclexplode(h.usual))
       UNION ALL
       (SELECT false, grantee, privilege_type, is_grantable FROM pg_catalog.aclexplode(h.usual)
        EXCEPT SELECT false, grantee, privilege_type, is_grantable FROM pg_catalog.aclexplode(h.acl))) AS g ON true
