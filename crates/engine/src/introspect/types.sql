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
       CASE WHEN r.rngsubdiff <> 0 THEN r.rngsubdiff::pg_catalog.regproc::text END AS difference,
       CASE WHEN t.typtype = 'b' AND t.typisdefined THEN pg_catalog.array_remove(ARRAY[
           'INPUT=' || t.typinput::pg_catalog.regproc::text,
           'OUTPUT=' || t.typoutput::pg_catalog.regproc::text,
           CASE WHEN t.typreceive <> 0 THEN 'RECEIVE=' || t.typreceive::pg_catalog.regproc::text END,
           CASE WHEN t.typsend <> 0 THEN 'SEND=' || t.typsend::pg_catalog.regproc::text END,
           CASE WHEN t.typmodin <> 0 THEN 'TYPMOD_IN=' || t.typmodin::pg_catalog.regproc::text END,
           CASE WHEN t.typmodout <> 0 THEN 'TYPMOD_OUT=' || t.typmodout::pg_catalog.regproc::text END,
           CASE WHEN t.typanalyze <> 0 THEN 'ANALYZE=' || t.typanalyze::pg_catalog.regproc::text END,
           CASE WHEN t.typsubscript <> 0 THEN 'SUBSCRIPT=' || t.typsubscript::pg_catalog.regproc::text END,
           'INTERNALLENGTH=' || CASE t.typlen WHEN -1 THEN 'VARIABLE' ELSE t.typlen::text END,
           CASE WHEN t.typbyval THEN 'PASSEDBYVALUE=' END,
           'ALIGNMENT=' || CASE t.typalign WHEN 'c' THEN 'char' WHEN 's' THEN 'int2' WHEN 'd' THEN 'double'
                                           ELSE 'int4' END,
           'STORAGE=' || CASE t.typstorage WHEN 'e' THEN 'external' WHEN 'x' THEN 'extended' WHEN 'm' THEN 'main'
                                           ELSE 'plain' END,
           'CATEGORY=' || pg_catalog.quote_literal(t.typcategory::text),
           CASE WHEN t.typispreferred THEN 'PREFERRED=true' END,
           'DEFAULT=' || pg_catalog.quote_literal(t.typdefault),
           CASE WHEN t.typelem <> 0 THEN 'ELEMENT=' || pg_catalog.format_type(t.typelem, NULL) END,
           'DELIMITER=' || pg_catalog.quote_literal(t.typdelim::text),
           CASE WHEN t.typcollation <> 0 THEN 'COLLATABLE=true' END], NULL) END AS parameters
  FROM pg_catalog.pg_type AS t
  LEFT JOIN pg_catalog.pg_type AS b ON b.oid = t.typbasetype
  LEFT JOIN pg_catalog.pg_range AS r ON r.rngtypid = t.oid
  LEFT JOIN pg_catalog.pg_type AS s ON s.oid = r.rngsubtype
  LEFT JOIN pg_catalog.pg_opclass AS o ON o.oid = r.rngsubopc
 WHERE t.oid >= 16384
   AND t.typtype <> 'c'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS e WHERE e.typarray = t.oid)
 ORDER BY t.oid
