-- Compares the watched tables with what before.sql kept: raises WL004 when a protected one would lose more than
-- the revision allows, else notes what is lost. Run by the step's own transaction behind its last statement,
-- after deferred constraints have fired, in one go with COMMIT: what it raises turns COMMIT into ROLLBACK.
-- {REWRITES}: tables that the step's statements are known to write anew. {SETTLED}: tables (oid) of which what
-- looks like a loss was looked into before. {CARRIERS} and {CARRIED}: columns (table and name) in whose place a safe form
-- of the step has put others of their names. {RECOUNTED}: tables whose rows are counted in another way.
DO $windlass$
DECLARE
    kept jsonb := nullif(pg_catalog.current_setting('windlass.guard', true), '');
    lost jsonb;
BEGIN
    IF kept IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'WL004', MESSAGE = 'the settings of the transaction were reset', DETAIL = '[]';
    END IF;
    WITH was AS (
        SELECT * FROM pg_catalog.jsonb_to_recordset(kept)
               AS was (oid oid, tree oid, name text, taken bigint, allowed bigint, "drop" boolean, protected boolean, file oid,
                       parent oid, rows bigint, deleted bigint, inserted bigint, columns jsonb, constraints jsonb)
    ), now AS (
        SELECT was.*, class.oid IS NULL AS is_gone, pg_catalog.pg_relation_filenode(class.oid) AS now_file,
               (SELECT inhparent FROM pg_catalog.pg_inherits WHERE inhrelid = class.oid AND class.relispartition) AS now_parent
          FROM was LEFT JOIN pg_catalog.pg_class AS class ON class.oid = was.oid
    ), settled AS (
        SELECT * FROM now WHERE NOT oid = ANY ({SETTLED}::pg_catalog.oid[])
    ), missing AS (
        SELECT tree, oid, name, CASE WHEN oid = tree THEN 'table' ELSE 'partition' END AS kind, name AS what, rows, 0::bigint AS taken, NULL::bigint AS allowed
          FROM settled
         WHERE is_gone AND (oid = tree OR NOT EXISTS (SELECT FROM now AS root WHERE root.oid = settled.tree AND root.is_gone))
        UNION ALL
        SELECT tree, oid, name, 'partition', name, rows, 0, NULL
          FROM settled WHERE NOT is_gone AND parent IS NOT NULL AND oid <> tree AND now_parent IS DISTINCT FROM parent
        UNION ALL
        SELECT tree, oid, name, 'contents', name, rows, 0, NULL
          FROM settled WHERE NOT is_gone AND now_file IS DISTINCT FROM file AND NOT oid = ANY ({REWRITES}::pg_catalog.oid[])
        UNION ALL
        SELECT tree, oid, name, 'column', was.value, NULL, 0, NULL
          FROM settled, pg_catalog.jsonb_each_text(columns) AS was
         WHERE NOT is_gone
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute
                            WHERE attrelid = settled.oid AND attnum = was.key::smallint AND NOT attisdropped)
           AND NOT EXISTS (SELECT FROM ROWS FROM (pg_catalog.unnest({CARRIERS}::pg_catalog.oid[]),
                                                  pg_catalog.unnest({CARRIED}::pg_catalog.text[])) AS carried (carrier, called)
                             JOIN pg_catalog.pg_attribute ON attrelid = carrier AND attname = called
                            WHERE carrier = settled.oid AND called = was.value AND NOT attisdropped)
        UNION ALL
        -- One of another name over the same columns takes its place.
        SELECT tree, oid, name, 'constraint', was.key, NULL, 0, NULL
          FROM settled, pg_catalog.jsonb_each(constraints) AS was
         WHERE NOT is_gone
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint
                            WHERE conrelid = settled.oid
                              AND (conname = was.key
                                   OR contype::text = was.value ->> 'type' AND pg_catalog.to_jsonb(conkey) = was.value -> 'columns'))
        UNION ALL
        -- A row that moves to another partition counts as deleted here and inserted there.
        SELECT tree.tree, tree.oid, tree.name, 'rows', tree.name, counted.rows, tree.taken, tree.allowed
          FROM (SELECT tree,
                       (sum(pg_catalog.pg_stat_get_xact_tuples_deleted(oid) - deleted)
                        - CASE WHEN count(*) > 1
                               THEN sum(pg_catalog.pg_stat_get_xact_tuples_inserted(oid) - inserted)
                               ELSE 0 END)::bigint AS rows
                  FROM now WHERE NOT is_gone AND NOT tree = ANY ({RECOUNTED}::pg_catalog.oid[]) GROUP BY tree) AS counted
          JOIN now AS tree ON tree.oid = counted.tree AND tree.tree = tree.oid
         WHERE counted.rows > 0
    )
    SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(missing) || pg_catalog.jsonb_build_object(
               'protected', tree.protected,
               'is_beyond', tree.protected AND NOT tree."drop" AND (kind <> 'rows' OR missing.rows + missing.taken > coalesce(missing.allowed, 0)))
               ORDER BY missing.name, kind, what)
      INTO lost
      FROM missing JOIN was AS tree ON tree.oid = missing.tree AND tree.tree = tree.oid;
    PERFORM pg_catalog.set_config('windlass.lost', coalesce(lost::text, '[]'), true);
    IF lost @> '[{"is_beyond": true}]' THEN
        RAISE EXCEPTION USING ERRCODE = 'WL004', MESSAGE = 'a protected table would lose something', DETAIL = lost::text;
    END IF;
    INSERT INTO windlass.loss AS loss
           (revision_id, direction, step, relation, relation_name, kind, what, rows, protected, run_id)
    SELECT {REVISION}, {DIRECTION}, {STEP}, tree, name, kind, what, rows, protected, {RUN}::uuid
      FROM pg_catalog.jsonb_to_recordset(lost) AS lost (tree oid, name text, kind text, what text, rows bigint, protected boolean)
        ON CONFLICT (revision_id, direction, step, relation, kind, what)
        DO UPDATE SET rows = loss.rows + excluded.rows, at = excluded.at;
    -- Workers that take side by side add up: from here on each waits for the one before it.
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
               'tree', was.oid::text, 'oid', was.oid::text, 'name', was.name, 'kind', 'rows', 'what', was.name,
               'rows', taken.rows, 'taken', 0, 'allowed', was.allowed, 'is_beyond', true))
      INTO lost
      FROM (SELECT relation, sum(rows) AS rows FROM windlass.loss
             WHERE revision_id = {REVISION} AND direction = {DIRECTION} AND kind = 'rows' AND protected
             GROUP BY relation) AS taken
      JOIN pg_catalog.jsonb_to_recordset(kept) AS was (oid oid, tree oid, name text, allowed bigint, "drop" boolean, protected boolean)
        ON was.oid = taken.relation AND was.oid = was.tree
     WHERE was.protected AND NOT was."drop" AND taken.rows > was.allowed
       AND lost @> '[{"kind": "rows", "protected": true}]';
    IF lost IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'WL004', MESSAGE = 'a protected table would lose something', DETAIL = lost::text;
    END IF;
END
$windlass$
