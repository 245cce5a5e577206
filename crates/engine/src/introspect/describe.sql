-- Names objects that introspection knows no place for; locks nothing.
SELECT DISTINCT c.relname::text AS catalog,
       pg_catalog.pg_describe_object(s.class, s.object, 0) AS description
  FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS s(class, object)
  JOIN pg_catalog.pg_class AS c ON c.oid = s.class
 WHERE pg_catalog.pg_describe_object(s.class, s.object, 0) IS NOT NULL
