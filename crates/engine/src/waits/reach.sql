-- The relations that a step will lock, by what the compiler says about its statements: $1 names as SQL writes
-- them, $2 how the wanted relations stand to each (`self` for itself), $3 modes as numbers 1 to 8, $4 and $5 the column
-- and the foreign key through which they do, where only one counts, else an empty text. Run on the
-- work session, whose search_path resolves the names as the statements will. Reads catalogs only; a name
-- that does not exist yet gives no row.
WITH RECURSIVE asked AS (
    SELECT ordinal, pg_catalog.to_regclass(name)::oid AS relid, kin, mode, by_column, by_key
      FROM unnest($1::text[], $2::text[], $3::int4[], $4::text[], $5::text[])
           WITH ORDINALITY AS asked (name, kin, mode, by_column, by_key, ordinal)
), descendants AS (
    SELECT ordinal, relid, mode FROM asked WHERE kin = 'descendants'
    UNION
    SELECT ordinal, inhrelid, mode FROM descendants JOIN pg_catalog.pg_inherits ON inhparent = relid
), referencing AS (
    SELECT ordinal, relid, mode FROM asked WHERE kin = 'referencing_all'
    UNION
    SELECT ordinal, conrelid, mode
      FROM referencing JOIN pg_catalog.pg_constraint ON confrelid = relid AND contype = 'f'
), underlying AS (
    SELECT ordinal, relid, mode FROM asked WHERE kin = 'underlying'
    UNION
    SELECT ordinal, depend.refobjid, mode
      FROM underlying
      JOIN pg_catalog.pg_rewrite AS rule ON rule.ev_class = relid AND rule.rulename = '_RETURN'
      JOIN pg_catalog.pg_class AS view ON view.oid = relid AND view.relkind = 'v'
      JOIN pg_catalog.pg_depend AS depend
        ON depend.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
       AND depend.objid = rule.oid
       AND depend.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
       AND depend.refobjid <> relid
), tree AS (
    -- Kin of a table's descendants are its own as well.
    SELECT ordinal, relid, kin, mode FROM asked
    UNION
    SELECT ordinal, inhrelid, kin, mode FROM tree JOIN pg_catalog.pg_inherits ON inhparent = relid
), reached AS (
    SELECT ordinal, relid, mode, 0 AS place FROM asked WHERE kin = 'self'
    UNION ALL
    SELECT ordinal, relid, mode, 1 FROM descendants
    UNION ALL
    SELECT ordinal, relid, mode, 1 FROM referencing
    UNION ALL
    SELECT ordinal, relid, mode, 1 FROM underlying
    UNION ALL
    SELECT tree.ordinal, conrelid, tree.mode, 1
      FROM tree
      JOIN asked ON asked.ordinal = tree.ordinal
      JOIN pg_catalog.pg_constraint ON confrelid = tree.relid AND contype = 'f'
     WHERE tree.kin = 'referencing'
       AND (by_column = '' OR EXISTS (SELECT FROM pg_catalog.pg_attribute
                                       WHERE attrelid = confrelid AND attname = by_column AND attnum = ANY (confkey)))
    UNION ALL
    SELECT ordinal, depend.objid, mode, 1
      FROM tree
      JOIN pg_catalog.pg_depend AS depend
        ON depend.refobjid = relid
       AND depend.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
       AND depend.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
       AND depend.deptype IN ('a', 'i')
      JOIN pg_catalog.pg_class AS sequence ON sequence.oid = depend.objid AND sequence.relkind = 'S'
     WHERE kin = 'sequences'
    UNION ALL
    SELECT ordinal, partdefid, mode, 1
      FROM asked JOIN pg_catalog.pg_partitioned_table ON partrelid = relid WHERE kin = 'default_partition'
    UNION ALL
    SELECT ordinal, partdefid, mode, 1
      FROM asked
      JOIN pg_catalog.pg_inherits ON inhrelid = relid
      JOIN pg_catalog.pg_partitioned_table ON partrelid = inhparent
     WHERE kin = 'default_sibling'
    UNION ALL
    SELECT ordinal, inhparent, mode, 1
      FROM asked
      JOIN pg_catalog.pg_inherits ON inhrelid = relid
      JOIN pg_catalog.pg_partitioned_table ON partrelid = inhparent
     WHERE kin = 'parents'
    UNION ALL
    SELECT ordinal, indexrelid, mode, 1
      FROM tree JOIN pg_catalog.pg_index ON indrelid = relid WHERE kin = 'indexes'
    UNION ALL
    SELECT ordinal, indrelid, mode, 1
      FROM tree JOIN pg_catalog.pg_index ON indexrelid = relid WHERE kin = 'table'
    UNION ALL
    SELECT tree.ordinal, confrelid, tree.mode, 1
      FROM tree
      JOIN asked ON asked.ordinal = tree.ordinal
      JOIN pg_catalog.pg_constraint ON conrelid = tree.relid AND contype = 'f'
     WHERE tree.kin = 'referenced'
       AND (by_column = '' OR EXISTS (SELECT FROM pg_catalog.pg_attribute
                                       WHERE attrelid = conrelid AND attname = by_column AND attnum = ANY (conkey)))
       -- A partition's own key may have another name.
       AND (by_key = '' OR conname = by_key OR tree.relid <> asked.relid)
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
