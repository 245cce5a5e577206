-- Schemas of publications, read by introspection on 15 and newer; locks nothing.
SELECT s.oid, s.pnpubid AS publication, n.nspname AS schema
  FROM pg_catalog.pg_publication_namespace AS s
  JOIN pg_catalog.pg_namespace AS n ON n.oid = s.pnnspid
 ORDER BY n.nspname
