-- Tables of publications, read by introspection on 14, which publishes all rows and columns; locks nothing.
SELECT r.oid, r.prpubid AS publication, r.prrelid AS relation, NULL::text[] AS columns, NULL::text AS condition
  FROM pg_catalog.pg_publication_rel AS r
