-- Which columns of pg_subscription the asking role may read: servers differ in them, and only superusers may
-- read the connection. Locks nothing.
SELECT pg_catalog.quote_ident(a.attname) AS name
  FROM pg_catalog.pg_attribute AS a
 WHERE a.attrelid = 'pg_catalog.pg_subscription'::pg_catalog.regclass
   AND a.attnum > 0
   AND NOT a.attisdropped
   AND pg_catalog.has_column_privilege('pg_catalog.pg_subscription', a.attname, 'SELECT')
