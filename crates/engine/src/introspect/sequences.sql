-- Sequences and what they belong to, read by introspection; locks nothing.
SELECT s.seqrelid AS oid, pg_catalog.format_type(s.seqtypid, NULL) AS data_type,
       s.seqstart AS start, s.seqincrement AS increment, s.seqmin AS minimum, s.seqmax AS maximum,
       s.seqcache AS cache, s.seqcycle AS cycles,
       d.refobjid AS owner, d.refobjsubid AS owner_column, d.deptype = 'i' AS is_identity
  FROM pg_catalog.pg_sequence AS s
  LEFT JOIN pg_catalog.pg_depend AS d
    ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
   AND d.objid = s.seqrelid
   AND d.objsubid = 0
   AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
   AND d.refobjsubid > 0
   AND d.deptype IN ('a', 'i')
 WHERE s.seqrelid >= 16384
