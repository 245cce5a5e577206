-- The table of a copy, before anything is in it: nobody but its owner may read it, whatever the default privileges
-- say. Run by the step's own transaction. {TABLE} is its name, {COLUMNS} what is in it, {ROW} what the journal knows.
CREATE TABLE {TABLE} ({COLUMNS});
DO $windlass$
DECLARE
    other text;
BEGIN
    REVOKE ALL ON TABLE {TABLE} FROM PUBLIC;
    FOR other IN
        SELECT DISTINCT grantee::pg_catalog.regrole::text
          FROM pg_catalog.pg_class, pg_catalog.aclexplode(relacl)
         WHERE pg_class.oid = '{TABLE}'::pg_catalog.regclass AND grantee NOT IN (0, relowner)
    LOOP
        EXECUTE 'REVOKE ALL ON TABLE {TABLE} FROM ' || other;
    END LOOP;
END
$windlass$;
INSERT INTO windlass.backup (backup_id, revision_id, direction, step, relation, tree, relation_name, kind, what, columns, key, run_id)
VALUES ({ROW})
