-- Names of all collations, built-in ones too, read by introspection; locks nothing.
SELECT c.oid, c.collnamespace AS namespace, c.collname AS name
  FROM pg_catalog.pg_collation AS c
