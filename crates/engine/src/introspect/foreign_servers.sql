-- Foreign-data wrappers and foreign servers, read by introspection; locks nothing.
SELECT w.tableoid AS class, w.oid, w.fdwname AS name, pg_catalog.pg_get_userbyid(w.fdwowner)::text AS owner,
       CASE WHEN w.fdwhandler <> 0 THEN w.fdwhandler::pg_catalog.regproc::text END AS handler,
       CASE WHEN w.fdwvalidator <> 0 THEN w.fdwvalidator::pg_catalog.regproc::text END AS validator,
       NULL::text AS wrapper, NULL::text AS kind, NULL::text AS version, w.fdwoptions AS options
  FROM pg_catalog.pg_foreign_data_wrapper AS w
 WHERE w.oid >= 16384
UNION ALL
SELECT s.tableoid, s.oid, s.srvname, pg_catalog.pg_get_userbyid(s.srvowner)::text,
       NULL, NULL, w.fdwname, s.srvtype, s.srvversion, s.srvoptions
  FROM pg_catalog.pg_foreign_server AS s
  JOIN pg_catalog.pg_foreign_data_wrapper AS w ON w.oid = s.srvfdw
 WHERE s.oid >= 16384
