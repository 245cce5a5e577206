-- Text search dictionaries, read by introspection; locks nothing.
SELECT d.oid, d.dictnamespace AS namespace, d.dictname AS name, pg_catalog.pg_get_userbyid(d.dictowner)::text AS owner,
       t.tmplnamespace AS template_namespace, t.tmplname AS template_name, d.dictinitoption AS options
  FROM pg_catalog.pg_ts_dict AS d
  JOIN pg_catalog.pg_ts_template AS t ON t.oid = d.dicttemplate
 WHERE d.oid >= 16384
