-- Extended statistics, read by introspection; locks nothing.
-- to_jsonb reads the target, which is -1 where it is not set on 16 and older, NULL since.
SELECT s.oid, s.stxnamespace AS namespace, s.stxname AS name, pg_catalog.pg_get_userbyid(s.stxowner)::text AS owner,
       s.stxrelid AS relation, pg_catalog.pg_get_statisticsobjdef(s.oid) AS definition,
       NULLIF((pg_catalog.to_jsonb(s) ->> 'stxstattarget')::smallint, -1) AS target
  FROM pg_catalog.pg_statistic_ext AS s
 WHERE s.oid >= 16384
