-- Relations but indexes and TOAST tables, read by introspection.
-- Deparsing a view takes ACCESS SHARE on what it reads.
SELECT c.oid, c.relnamespace AS namespace, c.relname AS name, c.relkind::text AS kind,
       c.relpersistence::text AS persistence,
       c.reltype AS row_type, t.typarray AS array_type,
       m.amname AS access_method, s.spcname AS tablespace,
       pg_catalog.pg_get_userbyid(c.relowner)::text AS owner,
       c.reloptions AS options, toast.reloptions AS toast_options,
       c.reloftype AS of_type,
       c.relrowsecurity AS row_security, c.relforcerowsecurity AS force_row_security,
       c.relreplident::text AS replica_identity,
       c.relispopulated AS is_populated,
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END AS query,
       CASE WHEN c.relispartition THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END AS bound,
       p.partstrat::text AS strategy,
       CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END AS partition_key,
       CASE WHEN c.relkind = 'p'
            THEN ARRAY(SELECT a.attname::text
                         FROM pg_catalog.pg_attribute AS a
                        WHERE a.attrelid = c.oid
                          -- A column of the key, or of its expressions, needs the table as a part of it does.
                          AND EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                                       WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                         AND d.objid = c.oid AND d.objsubid = a.attnum
                                         AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                         AND d.refobjid = c.oid AND d.refobjsubid = 0 AND d.deptype = 'i')
                        ORDER BY a.attnum) END AS partition_columns,
       f.srvname AS server, ft.ftoptions AS foreign_options,
       ARRAY(SELECT i.inhparent FROM pg_catalog.pg_inherits AS i
              WHERE i.inhrelid = c.oid ORDER BY i.inhseqno) AS parents,
       EXISTS (SELECT FROM pg_catalog.pg_inherits AS i
                WHERE i.inhrelid = c.oid AND i.inhdetachpending) AS is_detaching
  FROM pg_catalog.pg_class AS c
  LEFT JOIN pg_catalog.pg_type AS t ON t.oid = c.reltype
  LEFT JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
  LEFT JOIN pg_catalog.pg_tablespace AS s ON s.oid = c.reltablespace
  LEFT JOIN pg_catalog.pg_class AS toast ON toast.oid = c.reltoastrelid
  LEFT JOIN pg_catalog.pg_partitioned_table AS p ON p.partrelid = c.oid
  LEFT JOIN pg_catalog.pg_foreign_table AS ft ON ft.ftrelid = c.oid
  LEFT JOIN pg_catalog.pg_foreign_server AS f ON f.oid = ft.ftserver
 WHERE c.oid >= 16384
   AND c.relkind NOT IN ('i', 'I', 't')
 ORDER BY c.oid
