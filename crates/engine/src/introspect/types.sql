-- Types with a name of their own, read by introspection; locks nothing.
-- Row types come with their relations, array types with their elements.
SELECT t.oid, t.typnamespace AS namespace, t.typname AS name, t.typtype::text AS kind,
       t.typisdefined AS is_defined, t.typarray AS array_type,
       pg_catalog.pg_get_userbyid(t.typowner)::text AS owner,
       CASE WHEN t.typtype = 'e'
            THEN ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum AS e
                        WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) END AS labels,
       CASE WHEN t.typtype = 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END AS base,
       t.typbasetype AS base_type,
       CASE WHEN t.typtype = 'd' AND t.typcollation <> b.typcollation THEN t.typcollation END AS "collation",
       CASE WHEN t.typtype = 'd'
            THEN COALESCE(pg_catalog.pg_get_expr(t.typdefaultbin, 0), pg_catalog.quote_literal(t.typdefault))
            END AS default_value,
       t.typnotnull AS is_not_null,
       pg_catalog.format_type(r.rngsubtype, NULL) AS subtype,
       r.rngmultitypid AS multirange,
       CASE WHEN NOT o.opcdefault THEN o.opcnamespace END AS class_namespace, o.opcname AS class_name,
       CASE WHEN r.rngcollation <> s.typcollation THEN r.rngcollation END AS range_collation,
       CASE WHEN r.rngcanonical <> 0 THEN r.rngcanonical::pg_catalog.regproc::text END AS canonical,
       CASE WHEN r.rngsubdiff <> 0 THEN r.rngsubdiff::pg_catalog.regproc::text END AS difference
  FROM pg_catalog.pg_type AS t
  LEFT JOIN pg_catalog.pg_type AS b ON b.oid = t.typbasetype
  LEFT JOIN pg_catalog.pg_range AS r ON r.rngtypid = t.oid
  LEFT JOIN pg_catalog.pg_type AS s ON s.oid = r.rngsubtype
  LEFT JOIN pg_catalog.pg_opclass AS o ON o.oid = r.rngsubopc
 WHERE t.oid >= 16384
   AND t.typtype <> 'c'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS e WHERE e.typarray = t.oid)
 ORDER BY t.oid
