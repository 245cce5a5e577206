-- Text search parsers and templates, read by introspection; locks nothing.
SELECT p.tableoid AS class, p.oid, p.prsnamespace AS namespace, p.prsname AS name,
       pg_catalog.array_remove(ARRAY[
           'START=' || p.prsstart::pg_catalog.regproc::text,
           'GETTOKEN=' || p.prstoken::pg_catalog.regproc::text,
           'END=' || p.prsend::pg_catalog.regproc::text,
           CASE WHEN p.prsheadline <> 0 THEN 'HEADLINE=' || p.prsheadline::pg_catalog.regproc::text END,
           'LEXTYPES=' || p.prslextype::pg_catalog.regproc::text], NULL) AS parameters
  FROM pg_catalog.pg_ts_parser AS p
 WHERE p.oid >= 16384
UNION ALL
SELECT t.tableoid, t.oid, t.tmplnamespace, t.tmplname,
       pg_catalog.array_remove(ARRAY[
           CASE WHEN t.tmplinit <> 0 THEN 'INIT=' || t.tmplinit::pg_catalog.regproc::text END,
           'LEXIZE=' || t.tmpllexize::pg_catalog.regproc::text], NULL)
  FROM pg_catalog.pg_ts_template AS t
 WHERE t.oid >= 16384
