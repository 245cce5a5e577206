-- Privileges as differences from what initdb, CREATE EXTENSION or the object's class give; read by introspection;
-- locks nothing. The schema public may be initdb's or somebody's: it is compared with initdb's, which lets PUBLIC
-- use it, and on 14 create in it. Those of information_schema are not on record on all servers.
WITH held AS (
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass AS class, c.oid AS object, 0 AS part,
           CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char" AS kind, c.relowner AS owner, c.relacl AS acl
      FROM pg_catalog.pg_class AS c
     WHERE c.relacl IS NOT NULL AND (c.oid >= 16384 OR c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace)
    UNION ALL
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, a.attrelid, a.attnum, 'c', c.relowner, a.attacl
      FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
     WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
    UNION ALL
    SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, 0, 'f', p.proowner, p.proacl
      FROM pg_catalog.pg_proc AS p WHERE p.proacl IS NOT NULL
    UNION ALL
    SELECT 'pg_catalog.pg_namespace'::pg_catalog.regclass, n.oid, 0, 'n', n.nspowner,
           COALESCE(n.nspacl, pg_catalog.acldefault('n', n.nspowner))
      FROM pg_catalog.pg_namespace AS n WHERE n.nspname = 'public' OR n.nspacl IS NOT NULL AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, 0, 'T', t.typowner, t.typacl
      FROM pg_catalog.pg_type AS t WHERE t.typacl IS NOT NULL
    UNION ALL
    SELECT 'pg_catalog.pg_language'::pg_catalog.regclass, l.oid, 0, 'l', l.lanowner, l.lanacl
      FROM pg_catalog.pg_language AS l WHERE l.lanacl IS NOT NULL
    UNION ALL
    SELECT 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass, w.oid, 0, 'F', w.fdwowner, w.fdwacl
      FROM pg_catalog.pg_foreign_data_wrapper AS w WHERE w.fdwacl IS NOT NULL
    UNION ALL
    SELECT 'pg_catalog.pg_foreign_server'::pg_catalog.regclass, s.oid, 0, 'S', s.srvowner, s.srvacl
      FROM pg_catalog.pg_foreign_server AS s WHERE s.srvacl IS NOT NULL),
compared AS (
    SELECT h.*, CASE WHEN h.class = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND n.nspname = 'public'
                     THEN pg_catalog.acldefault('n', h.owner) || pg_catalog.makeaclitem(0, h.owner, 'USAGE', false)
                          || CASE WHEN pg_catalog.current_setting('server_version_num')::integer < 150000
                                  THEN ARRAY[pg_catalog.makeaclitem(0, h.owner, 'CREATE', false)]
                                  ELSE '{}' END
                     ELSE COALESCE(i.initprivs, pg_catalog.acldefault(h.kind, h.owner)) END AS usual
      FROM held AS h
      LEFT JOIN pg_catalog.pg_namespace AS n
        ON h.class = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND n.oid = h.object
      LEFT JOIN pg_catalog.pg_init_privs AS i
        ON i.classoid = h.class AND i.objoid = h.object AND i.objsubid = h.part)
SELECT c.class::oid AS class, c.object, c.part, g.is_granted,
       CASE c.class WHEN 'pg_catalog.pg_class'::pg_catalog.regclass THEN 'TABLE ' || c.object::pg_catalog.regclass::text
                    WHEN 'pg_catalog.pg_proc'::pg_catalog.regclass THEN 'ROUTINE ' || c.object::pg_catalog.regprocedure::text
                    WHEN 'pg_catalog.pg_namespace'::pg_catalog.regclass THEN 'SCHEMA ' || c.object::pg_catalog.regnamespace::text
                    WHEN 'pg_catalog.pg_type'::pg_catalog.regclass THEN 'TYPE ' || c.object::pg_catalog.regtype::text
                    WHEN 'pg_catalog.pg_language'::pg_catalog.regclass THEN 'LANGUAGE '
                         || (SELECT pg_catalog.quote_ident(l.lanname) FROM pg_catalog.pg_language AS l WHERE l.oid = c.object)
                    WHEN 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass THEN 'FOREIGN DATA WRAPPER '
                         || (SELECT pg_catalog.quote_ident(w.fdwname) FROM pg_catalog.pg_foreign_data_wrapper AS w WHERE w.oid = c.object)
                    WHEN 'pg_catalog.pg_foreign_server'::pg_catalog.regclass THEN 'FOREIGN SERVER '
                         || (SELECT pg_catalog.quote_ident(s.srvname) FROM pg_catalog.pg_foreign_server AS s WHERE s.oid = c.object)
       END AS words,
       (SELECT a.attname::text FROM pg_catalog.pg_attribute AS a
         WHERE c.part > 0 AND a.attrelid = c.object AND a.attnum = c.part) AS "column",
       CASE WHEN g.grantor <> c.owner THEN pg_catalog.pg_get_userbyid(g.grantor)::text END AS grantor,
       CASE WHEN g.grantee <> 0 THEN pg_catalog.pg_get_userbyid(g.grantee)::text END AS grantee,
       g.privilege_type AS privilege, g.is_grantable
  FROM compared AS c,
       LATERAL ((SELECT true AS is_granted, e.* FROM pg_catalog.aclexplode(c.acl) AS e
                 EXCEPT SELECT true, e.* FROM pg_catalog.aclexplode(c.usual) AS e)
                UNION ALL
                (SELECT false, e.* FROM pg_catalog.aclexplode(c.usual) AS e
                 EXCEPT SELECT false, e.* FROM pg_catalog.aclexplode(c.acl) AS e)) AS g
