-- The tables that patterns name now, as they are now: a name as SQL writes it, or a schema and `.*`.
-- $1 is the patterns. Also says whether the server counts rows at all. Catalogs only.
WITH named AS (
    SELECT pattern, pg_catalog.to_regclass(pattern)::oid AS oid
      FROM pg_catalog.unnest($1::text[]) AS asked (pattern) WHERE pattern NOT LIKE '%.*'
    UNION ALL
    SELECT pattern, class.oid
      FROM pg_catalog.unnest($1::text[]) AS asked (pattern)
      JOIN pg_catalog.pg_namespace AS namespace
        ON pg_catalog.quote_ident(namespace.nspname) = pg_catalog.left(pattern, -2)
      JOIN pg_catalog.pg_class AS class ON class.relnamespace = namespace.oid
     WHERE pattern LIKE '%.*' AND NOT class.relispartition
)
SELECT named.pattern, class.oid,
       coalesce((SELECT pg_catalog.array_agg(attnum ORDER BY attnum) FROM pg_catalog.pg_attribute
                  WHERE attrelid = class.oid AND attnum > 0 AND NOT attisdropped), '{}') AS columns,
       coalesce((SELECT pg_catalog.array_agg(conname::text ORDER BY conname) FROM pg_catalog.pg_constraint
                  WHERE conrelid = class.oid), '{}') AS constraints,
       pg_catalog.current_setting('track_counts')::boolean AS counts
  FROM named
  JOIN pg_catalog.pg_class AS class ON class.oid = named.oid
 WHERE class.relkind IN ('r', 'p')
 ORDER BY class.oid, named.pattern
