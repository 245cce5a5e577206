-- How many large objects there are: introspection says so, and does not read them; locks nothing.
SELECT pg_catalog.count(*) AS count
  FROM pg_catalog.pg_largeobject_metadata
