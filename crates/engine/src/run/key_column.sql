-- The column of a primary key that is one integer; no row for any other key. Catalog reads only.
SELECT attname
  FROM pg_catalog.pg_index
  JOIN pg_catalog.pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
 WHERE indrelid = pg_catalog.to_regclass($1) AND indisprimary AND indisvalid AND indnkeyatts = 1
   AND atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
