-- Raises WL005 when a protected table loses something of which this transaction made no copy. Run by the step's own
-- transaction behind after.sql, in one go with COMMIT. {KEPT}: what it copied, as a query. {RECOUNTED}: losses that
-- were counted in another way, as JSON.
DO $windlass$
DECLARE
    missing text;
BEGIN
    WITH lost AS (
        SELECT * FROM pg_catalog.jsonb_to_recordset(
                   coalesce(nullif(pg_catalog.current_setting('windlass.lost', true), ''), '[]')::pg_catalog.jsonb || {RECOUNTED}::pg_catalog.jsonb)
               AS lost (tree oid, name text, kind text, what text, rows bigint, protected boolean)
         WHERE protected
    ), kept AS (
        {KEPT}
    ), judged AS (
        SELECT lost.*,
               coalesce((SELECT sum(kept.rows) FROM kept WHERE kept.kind = 'rows' AND kept.tree = lost.tree), 0) AS copied,
               EXISTS (SELECT FROM kept WHERE kept.kind = 'column' AND kept.tree = lost.tree AND kept.what = lost.what) AS has_column,
               EXISTS (SELECT FROM kept
                        WHERE kept.kind IN ('contents', 'table')
                          AND (kept.relation_name = lost.name OR kept.relation = lost.tree)) AS has_all
          FROM lost
    )
    SELECT pg_catalog.string_agg(
               CASE kind WHEN 'rows' THEN pg_catalog.format('%s of the %s rows of %s', rows - copied, rows, name)
                         WHEN 'column' THEN pg_catalog.format('the column %s of %s', what, name)
                         ELSE pg_catalog.format('the rows of %s', name) END, ', ' ORDER BY name, kind, what)
      INTO missing
      FROM judged
     WHERE kind = 'rows' AND rows > copied
        OR kind = 'column' AND NOT has_column
        OR kind IN ('contents', 'table') AND NOT has_all
        OR kind = 'partition' AND NOT has_all AND pg_catalog.to_regclass(name) IS NULL;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'WL005', MESSAGE = missing;
    END IF;
END
$windlass$
