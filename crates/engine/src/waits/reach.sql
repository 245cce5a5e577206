-- The relations that a step will lock, by what the compiler says about its statements: $1 names as SQL writes
-- them, $2 how the wanted relations stand to each (`self` for itself), $3 modes as numbers 1 to 8. Run on the
-- work session, whose search_path resolves the names as the statements will. Reads catalogs only; a name
-- that does not exist yet gives no row.
WITH RECURSIVE asked AS (
    SELECT ordinal, pg_catalog.to_regclass(name)::oid AS relid, kin, mode
      FROM unnest($1::text[], $2::text[], $3::int4[]) WITH ORDINALITY AS asked (name, kin, mode, ordinal)
), descendants AS (
    SELECT ordinal, relid, mode FROM asked WHERE kin = 'descendants'
    UNION
    SELECT ordinal, inhrelid, mode FROM descendants JOIN pg_catalog.pg_inherits ON inhparent = relid
), referencing AS (
    SELECT ordinal, relid, mode FROM asked WHERE kin = 'referencing'
    UNION
    SELECT ordinal, conrelid, mode
      FROM referencing JOIN pg_catalog.pg_constraint ON confrelid = relid AND contype = 'f'
), reached AS (
    SELECT ordinal, relid, mode, 0 AS place FROM asked WHERE kin = 'self'
    UNION ALL
    SELECT ordinal, relid, mode, 1 FROM descendants
    UNION ALL
    SELECT ordinal, relid, mode, 1 FROM referencing
    UNION ALL
    SELECT ordinal, partdefid, mode, 1
      FROM asked JOIN pg_catalog.pg_partitioned_table ON partrelid = relid WHERE kin = 'default_partition'
    UNION ALL
    SELECT ordinal, inhparent, mode, 1
      FROM asked JOIN pg_catalog.pg_inherits ON inhrelid = relid WHERE kin = 'parents'
    UNION ALL
    SELECT ordinal, indexrelid, mode, 1
      FROM asked JOIN pg_catalog.pg_index ON indrelid = relid WHERE kin = 'indexes'
    UNION ALL
    SELECT ordinal, indrelid, mode, 1
      FROM asked JOIN pg_catalog.pg_index ON indexrelid = relid WHERE kin = 'table'
    UNION ALL
    SELECT ordinal, confrelid, mode, 1
      FROM asked JOIN pg_catalog.pg_constraint ON conrelid = relid AND contype = 'f' WHERE kin = 'referenced'
)
SELECT class.oid,
       pg_catalog.quote_ident(namespace.nspname) || '.' || pg_catalog.quote_ident(class.relname),
       class.relkind::text,
       max(reached.mode)
  FROM reached
  JOIN pg_catalog.pg_class AS class ON class.oid = reached.relid
  JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
 WHERE class.relpersistence <> 't'
 GROUP BY class.oid, namespace.nspname, class.relname, class.relkind
 ORDER BY min(reached.ordinal), min(reached.place), class.oid
