-- The publications that replicate UPDATE or DELETE ($2) of a table or its partitions ($1), where the table
-- has no replica identity: PostgreSQL would refuse each row (55000).
SELECT published.pubname::text, relation.oid::regclass::text
  FROM pg_catalog.pg_publication_tables AS published
  JOIN pg_catalog.pg_publication AS publication ON publication.pubname = published.pubname
  JOIN pg_catalog.pg_namespace AS space ON space.nspname = published.schemaname
  JOIN pg_catalog.pg_class AS relation ON relation.relname = published.tablename AND relation.relnamespace = space.oid
 WHERE relation.oid = ANY ($1::oid[])
   AND CASE WHEN $2 THEN publication.pubdelete ELSE publication.pubupdate END
   AND (relation.relreplident = 'n'
        OR (relation.relreplident = 'd'
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_index WHERE indrelid = relation.oid AND indisprimary))
        OR (relation.relreplident = 'i'
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_index WHERE indrelid = relation.oid AND indisreplident)))
 ORDER BY 1
