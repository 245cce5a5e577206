-- Security labels, read by introspection; locks nothing.
SELECT s.classoid AS class, s.objoid AS object, s.objsubid AS part, s.provider, s.label
  FROM pg_catalog.pg_seclabel AS s
