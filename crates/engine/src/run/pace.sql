-- How fast this server reads a table, by its first pages, for the estimates of a plan. Run by whoever plans; takes an
-- ACCESS SHARE lock for as long. `%1` is the table, `%2` the number of pages. Timed by the server: the way there and
-- back is not counted.
SELECT pg_catalog.count(*) AS rows,
       extract(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.statement_timestamp())::double precision AS seconds
  FROM ONLY %1
 WHERE ctid < '(%2,0)'::pg_catalog.tid
