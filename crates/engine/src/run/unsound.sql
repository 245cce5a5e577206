-- Indexes that are not valid and constraints that were never validated, ours and extensions' left out, by name.
-- Catalog reads only, on any server. to_jsonb reads columns that only newer servers have: conenforced (18).
SELECT 'index' AS kind, pg_catalog.format('%I.%I', pg_namespace.nspname, pg_class.relname) AS name,
       pg_catalog.format('%I.%I', of_namespace.nspname, of.relname) AS "of",
       -- A healthy build looks the same until it ends.
       EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index AS build
                WHERE build.index_relid = pg_class.oid OR build.relid = of.oid) AS is_under_way,
       of.relkind = 'p' AS is_partitioned
  FROM pg_catalog.pg_index
  JOIN pg_catalog.pg_class ON pg_class.oid = indexrelid
  JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pg_class.relnamespace
  JOIN pg_catalog.pg_class AS of ON of.oid = indrelid
  JOIN pg_catalog.pg_namespace AS of_namespace ON of_namespace.oid = of.relnamespace
 WHERE NOT indisvalid AND indexrelid >= 16384 AND of.relkind <> 't'
   AND of_namespace.nspname <> 'windlass'
 UNION ALL
SELECT 'constraint', pg_catalog.quote_ident(conname),
       COALESCE(pg_catalog.quote_ident(of_namespace.nspname) || '.' || pg_catalog.quote_ident(of.relname),
                pg_catalog.quote_ident(domain_namespace.nspname) || '.' || pg_catalog.quote_ident(domain.typname)),
       false, of.relkind IS NULL
  FROM (SELECT c.*, COALESCE((pg_catalog.to_jsonb(c) ->> 'conenforced')::boolean, true) AS is_enforced
          FROM pg_catalog.pg_constraint AS c) AS c
  LEFT JOIN pg_catalog.pg_class AS of ON of.oid = conrelid
  LEFT JOIN pg_catalog.pg_namespace AS of_namespace ON of_namespace.oid = of.relnamespace
  LEFT JOIN pg_catalog.pg_type AS domain ON domain.oid = contypid
  LEFT JOIN pg_catalog.pg_namespace AS domain_namespace ON domain_namespace.oid = domain.typnamespace
 WHERE NOT convalidated AND is_enforced AND c.oid >= 16384
   AND COALESCE(of_namespace.nspname, domain_namespace.nspname) <> 'windlass'
   AND NOT EXISTS (
       SELECT FROM pg_catalog.pg_depend
        WHERE pg_depend.deptype = 'e'
          AND ((pg_depend.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND pg_depend.objid = conrelid)
            OR (pg_depend.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND pg_depend.objid = contypid)))
 ORDER BY 1, 3, 2
