-- What the watched tables are at the beginning of a step: kept in a setting of the transaction, for
-- after.sql to compare with. Run by the step's own transaction before its first statement. {ASKED} is a JSON
-- list of {oid, delete, drop, protected, columns, constraints}, or {name} for a table that only is watched;
-- `delete` is what the whole revision may take; what its earlier steps took is kept beside it.
-- Reads catalogs and this transaction's own counters: no table is scanned, and no lock is taken but on catalogs.
WITH asked AS (
    SELECT coalesce(oid, pg_catalog.to_regclass(name)::oid) AS oid, "delete", coalesce("drop", true) AS "drop",
           coalesce(protected, false) AS protected, columns, constraints
      FROM pg_catalog.jsonb_to_recordset({ASKED}::pg_catalog.jsonb)
           AS asked (oid oid, name text, "delete" bigint, "drop" boolean, protected boolean,
                     columns smallint[], constraints text[])
), trees AS (
    SELECT DISTINCT ON (oid) * FROM asked WHERE oid IS NOT NULL ORDER BY oid, protected DESC
), members AS (
    SELECT trees.*, coalesce(part.relid::oid, trees.oid) AS member
      FROM trees LEFT JOIN LATERAL pg_catalog.pg_partition_tree(trees.oid) AS part ON true
)
SELECT pg_catalog.set_config('windlass.guard', coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
           'oid', class.oid,
           'tree', members.oid,
           'name', pg_catalog.format('%I.%I', namespace.nspname, class.relname),
           'taken', coalesce((
                SELECT sum(rows) FROM windlass.loss
                 WHERE revision_id = {REVISION} AND direction = {DIRECTION} AND relation = members.oid AND kind = 'rows'), 0),
           'allowed', members."delete",
           'drop', members."drop",
           'protected', members.protected,
           'file', pg_catalog.pg_relation_filenode(class.oid),
           'parent', (SELECT inhparent FROM pg_catalog.pg_inherits WHERE inhrelid = class.oid AND class.relispartition),
           'rows', CASE WHEN class.reltuples >= 0 THEN class.reltuples::bigint END,
           'deleted', pg_catalog.pg_stat_get_xact_tuples_deleted(class.oid),
           'inserted', pg_catalog.pg_stat_get_xact_tuples_inserted(class.oid),
           'columns', (SELECT pg_catalog.jsonb_object_agg(attnum, attname) FROM pg_catalog.pg_attribute
                        WHERE attrelid = class.oid AND class.oid = members.oid AND attnum > 0 AND NOT attisdropped
                          AND (members.columns IS NULL OR attnum = ANY (members.columns))),
           'constraints', (SELECT pg_catalog.jsonb_object_agg(
                                      conname, pg_catalog.jsonb_build_object('type', contype, 'columns', conkey))
                             FROM pg_catalog.pg_constraint
                            WHERE conrelid = class.oid AND class.oid = members.oid
                              AND (members.constraints IS NULL OR conname = ANY (members.constraints)))
       ))::text, '[]'), true)
  FROM members
  JOIN pg_catalog.pg_class AS class ON class.oid = members.member
  JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
 WHERE class.relkind IN ('r', 'p')
