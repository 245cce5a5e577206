-- Estimates of sizes, read by introspection; locks nothing, so sizes are those of the last VACUUM or ANALYZE.
-- Where there was none yet, the statistics of changes count rows.
SELECT c.oid, c.relkind::text AS kind,
       CASE WHEN c.reltuples > 0 THEN c.reltuples::double precision
            WHEN c.relkind IN ('r', 'm') AND pg_catalog.pg_stat_get_live_tuples(c.oid) > 0
            THEN pg_catalog.pg_stat_get_live_tuples(c.oid)::double precision
            WHEN c.reltuples = 0 THEN 0 END AS rows,
       c.relpages AS pages, t.relpages AS toast_pages, c.reltuples >= 0 AS is_analyzed
  FROM pg_catalog.pg_class AS c
  LEFT JOIN pg_catalog.pg_class AS t ON t.oid = c.reltoastrelid
 WHERE c.oid >= 16384
   AND c.relkind IN ('r', 'm', 'i')
