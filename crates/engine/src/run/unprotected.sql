-- The patterns of `protect` ($1) that name no table now, each with the tables that may be meant. Asked by the leader before
-- anything runs; reads the catalogs only.
SELECT pattern,
       ARRAY(SELECT CASE WHEN pattern LIKE '%.%' OR NOT pg_catalog.pg_table_is_visible(class.oid)
                         THEN pg_catalog.quote_ident(nspname) || '.' ELSE '' END || pg_catalog.quote_ident(relname)
               FROM pg_catalog.pg_class AS class JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relnamespace
              WHERE relkind IN ('r', 'p') AND NOT relispartition
                AND nspname NOT IN ('pg_catalog', 'information_schema', 'windlass')
              ORDER BY relname) AS tables
  FROM pg_catalog.unnest($1::text[]) AS asked (pattern)
 WHERE CASE WHEN pattern LIKE '%.*'
            THEN NOT EXISTS (SELECT FROM pg_catalog.pg_namespace
                              WHERE pg_catalog.quote_ident(nspname) = pg_catalog.left(pattern, -2))
            ELSE NOT EXISTS (SELECT FROM pg_catalog.pg_class
                              WHERE oid = pg_catalog.to_regclass(pattern)::oid AND relkind IN ('r', 'p')) END
