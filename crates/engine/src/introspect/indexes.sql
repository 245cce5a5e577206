-- Indexes, read by introspection; locks nothing.
-- indnullsnotdistinct is there from 15 on; the reader puts `false` in its place before. Only columns that are
-- expressions can have a statistics target.
SELECT i.indexrelid AS oid, i.indrelid AS relation, c.relname AS name, m.amname AS method,
       pg_catalog.pg_get_indexdef(i.indexrelid) AS definition,
       i.indkey::smallint[] AS columns, i.indnkeyatts AS key_count,
       CASE WHEN i.indexprs IS NOT NULL
            THEN ARRAY(SELECT pg_catalog.pg_get_indexdef(i.indexrelid, n, false)
                         FROM pg_catalog.generate_series(1, i.indnkeyatts::integer) AS n
                        WHERE i.indkey[n - 1] = 0 ORDER BY n) END AS expressions,
       pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS predicate,
       i.indisunique AS is_unique, i.indisprimary AS is_primary, i.indisexclusion AS is_exclusion,
       i.indnullsnotdistinct AS is_nulls_not_distinct,
       i.indisvalid AS is_valid, i.indisready AS is_ready, i.indislive AS is_live,
       i.indisclustered AS is_clustered, i.indisreplident AS is_replica_identity,
       (SELECT h.inhparent FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = i.indexrelid) AS parent,
       s.spcname AS tablespace, c.reloptions AS options,
       CASE WHEN i.indexprs IS NULL THEN '{}' ELSE
       ARRAY(SELECT a.attnum FROM pg_catalog.pg_attribute AS a
              WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0 ORDER BY a.attnum) END AS statistics_columns,
       CASE WHEN i.indexprs IS NULL THEN '{}' ELSE
       ARRAY(SELECT a.attstattarget::smallint FROM pg_catalog.pg_attribute AS a
              WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0 ORDER BY a.attnum) END AS statistics
  FROM pg_catalog.pg_index AS i
  JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
  JOIN pg_catalog.pg_class AS r ON r.oid = i.indrelid
  LEFT JOIN pg_catalog.pg_tablespace AS s ON s.oid = c.reltablespace
 WHERE i.indexrelid >= 16384
   AND r.relkind IN ('r', 'p', 'm')
 ORDER BY i.indrelid, c.relname
