-- Text search configurations, a row for each dictionary of each kind of token, read by introspection; locks nothing.
-- The names of tokens are asked of the parser.
SELECT c.oid, c.cfgnamespace AS namespace, c.cfgname AS name, pg_catalog.pg_get_userbyid(c.cfgowner)::text AS owner,
       p.prsnamespace AS parser_namespace, p.prsname AS parser_name,
       k.alias AS token, d.dictnamespace AS dictionary_namespace, d.dictname AS dictionary_name
  FROM pg_catalog.pg_ts_config AS c
  JOIN pg_catalog.pg_ts_parser AS p ON p.oid = c.cfgparser
  LEFT JOIN pg_catalog.pg_ts_config_map AS m ON m.mapcfg = c.oid
  LEFT JOIN LATERAL pg_catalog.ts_token_type(c.cfgparser) AS k ON k.tokid = m.maptokentype
  LEFT JOIN pg_catalog.pg_ts_dict AS d ON d.oid = m.mapdict
 WHERE c.oid >= 16384
 ORDER BY c.oid, m.maptokentype, m.mapseqno
