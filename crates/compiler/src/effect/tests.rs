//! The table without a catalog, in words.

use super::*;
use crate::lane::lane_of;
use crate::sql;

/// kind, lane, in a transaction, locks
fn facts(sql: &str) -> String {
    let statement = sql::parse(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let effect = effect(&statement, &Context::default());
    let locks: Vec<_> = effect
        .locks
        .iter()
        .map(|lock| format!("{} {}", lock.relation, lock.mode))
        .chain(
            effect
                .unnamed
                .iter()
                .filter(|lock| lock.of.is_none())
                .map(|lock| format!("? {}", lock.mode)),
        )
        .collect();
    let is_row_work = !matches!(lane_of(&statement, &effect), crate::lane::Lane::Ddl);
    let loses = match effect.data_loss {
        Answer::Yes if is_row_work => " loses",
        Answer::Unknown if is_row_work && !matches!(statement, Statement::Query { .. }) => " loses?",
        _ => "",
    };
    let opaque = if effect.opaque { " opaque" } else { "" };
    let alone = if effect.in_transaction == InTransaction::Allowed {
        ""
    } else {
        " alone"
    };
    format!(
        "{} {}{alone}{loses}{opaque} [{}]",
        statement.kind(),
        lane_of(&statement, &effect),
        locks.join(", ")
    )
}

#[test]
fn every_statement_has_its_lane_and_locks() {
    for (sql, expected) in [
        (
            "ALTER TABLE t ADD c int",
            "alter_table ddl [t AccessExclusiveLock]",
        ),
        (
            "ALTER TABLE t VALIDATE CONSTRAINT c",
            "alter_table validate [t ShareUpdateExclusiveLock]",
        ),
        (
            "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p NOT VALID",
            "alter_table ddl [t ShareRowExclusiveLock, p ShareRowExclusiveLock]",
        ),
        (
            "ALTER TABLE t SET (fillfactor = 70)",
            "alter_table validate [t ShareUpdateExclusiveLock]",
        ),
        (
            "ALTER TABLE p DETACH PARTITION c CONCURRENTLY",
            "alter_table index alone [p ShareUpdateExclusiveLock, c AccessExclusiveLock]",
        ),
        ("CREATE INDEX i ON t (a)", "create_index ddl [t ShareLock]"),
        (
            "CREATE INDEX CONCURRENTLY i ON t (a)",
            "create_index index alone [t ShareUpdateExclusiveLock]",
        ),
        ("DROP INDEX i", "drop_index ddl [i AccessExclusiveLock]"),
        (
            "DROP INDEX CONCURRENTLY s.i",
            "drop_index index alone [s.i ShareUpdateExclusiveLock]",
        ),
        (
            "REINDEX TABLE CONCURRENTLY t",
            "reindex index alone [t ShareUpdateExclusiveLock]",
        ),
        ("REINDEX TABLE t", "reindex ddl [t ShareLock]"),
        ("REINDEX INDEX i", "reindex ddl [i AccessExclusiveLock]"),
        ("REINDEX DATABASE d", "reindex ddl alone [? AccessExclusiveLock]"),
        (
            "CREATE TABLE t (a int)",
            "create_table ddl [t AccessExclusiveLock]",
        ),
        (
            "CREATE TABLE t (a int REFERENCES p)",
            "create_table ddl [t AccessExclusiveLock, p ShareRowExclusiveLock]",
        ),
        ("INSERT INTO t VALUES (1)", "insert dml [t RowExclusiveLock]"),
        ("UPDATE t SET a = 1", "update dml [t RowExclusiveLock]"),
        ("SELECT 1", "select dml []"),
        ("DO $$ BEGIN PERFORM 1; END $$", "do dml loses? opaque []"),
        ("DO $$ BEGIN COMMIT; END $$", "do utility alone loses? opaque []"),
        (
            "DO $$ BEGIN RAISE 'commit'; -- commit;\nEND $$",
            "do dml loses? opaque []",
        ),
        ("CALL p()", "call utility alone loses? opaque []"),
        ("VACUUM t", "vacuum utility alone [t ShareUpdateExclusiveLock]"),
        ("VACUUM (FULL) t", "vacuum ddl alone [t AccessExclusiveLock]"),
        (
            "VACUUM (FULL off) t",
            "vacuum utility alone [t ShareUpdateExclusiveLock]",
        ),
        ("ANALYZE t", "analyze validate [t ShareUpdateExclusiveLock]"),
        ("CLUSTER t", "cluster ddl [t AccessExclusiveLock]"),
        ("CREATE DATABASE d", "create_database utility alone []"),
        (
            "TRUNCATE a, b",
            "truncate ddl [a AccessExclusiveLock, b AccessExclusiveLock]",
        ),
        ("LOCK TABLE t IN SHARE MODE", "lock_table ddl [t ShareLock]"),
        ("ALTER TYPE e ADD VALUE 'x'", "alter_type_add_value ddl []"),
        (
            "ALTER DOMAIN d VALIDATE CONSTRAINT c",
            "alter_domain ddl [? ShareLock]",
        ),
        ("ALTER DOMAIN d SET DEFAULT 1", "alter_domain ddl []"),
        ("DROP FUNCTION f CASCADE", "drop ddl [? AccessExclusiveLock]"),
        ("DROP OWNED BY r", "drop_owned ddl [? AccessExclusiveLock]"),
        (
            "ALTER EXTENSION e UPDATE",
            "alter_extension ddl [? AccessExclusiveLock]",
        ),
        (
            "ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b",
            "alter_table_all_in_tablespace ddl [? AccessExclusiveLock]",
        ),
        (
            "ALTER TYPE c ADD ATTRIBUTE a int CASCADE",
            "alter_type ddl [? AccessExclusiveLock]",
        ),
        (
            "CREATE SCHEMA s CREATE TABLE t (a int REFERENCES public.p)",
            "create_schema ddl [public.p ShareRowExclusiveLock]",
        ),
        ("TRUNCATE a CASCADE", "truncate ddl [a AccessExclusiveLock]"),
        (
            "ALTER TABLE t DROP CONSTRAINT c",
            "alter_table ddl [t AccessExclusiveLock]",
        ),
        (
            "ALTER VIEW v SET (security_barrier)",
            "alter_view ddl [v AccessExclusiveLock]",
        ),
        (
            "ALTER INDEX i SET (fastupdate = off)",
            "alter_index ddl [i AccessExclusiveLock]",
        ),
        (
            "ALTER INDEX i SET (fillfactor = 70)",
            "alter_index validate [i ShareUpdateExclusiveLock]",
        ),
        (
            "ALTER TABLE t SET (autovacuum_enabled = off, user_catalog_table = true)",
            "alter_table ddl [t AccessExclusiveLock]",
        ),
        (
            "SELECT * FROM a, (SELECT * FROM b) x",
            "select dml [a AccessShareLock, b AccessShareLock]",
        ),
        ("SELECT * FROM a FOR UPDATE", "select dml [a RowShareLock]"),
        (
            "SELECT (SELECT 1 FROM b LIMIT 1) + f(x) FROM (VALUES (1)) v (x)",
            "select dml opaque [b AccessShareLock]",
        ),
        (
            "WITH d AS (DELETE FROM a RETURNING *) SELECT * FROM d, a WHERE EXISTS (SELECT FROM c)",
            "select dml loses [a RowExclusiveLock, c AccessShareLock]",
        ),
        (
            "INSERT INTO a WITH d AS (UPDATE b SET x = 1 RETURNING *) SELECT * FROM d",
            "insert dml [a RowExclusiveLock, b RowExclusiveLock]",
        ),
        (
            "MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE",
            "merge dml loses [a RowExclusiveLock, b AccessShareLock]",
        ),
        (
            "EXPLAIN ANALYZE DELETE FROM a",
            "select dml loses [a RowExclusiveLock]",
        ),
        ("EXPLAIN DELETE FROM a", "select dml [a RowExclusiveLock]"),
        (
            "COPY (SELECT * FROM a) TO STDOUT",
            "select dml [a AccessShareLock]",
        ),
        (
            "SELECT pg_catalog.set_config('search_path', '', false)",
            "select dml []",
        ),
        (
            "DO $$ BEGIN /* first */ COMMIT; END $$",
            "do utility alone loses? opaque []",
        ),
        (
            "DO $$ BEGIN x := 1; -- done\n COMMIT; END $$",
            "do utility alone loses? opaque []",
        ),
        (
            "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
            "refresh_materialized_view ddl [v ExclusiveLock]",
        ),
        (
            "COMMENT ON COLUMN s.t.c IS 'x'",
            "comment ddl [s.t ShareUpdateExclusiveLock]",
        ),
        ("DROP TRIGGER g ON t", "drop ddl [t AccessExclusiveLock]"),
        ("SET search_path = a", "set dml []"),
        (
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "create_function ddl []",
        ),
        ("COPY t FROM STDIN", "copy dml [t RowExclusiveLock]"),
    ] {
        assert_eq!(facts(sql), expected, "{sql}");
    }
}

/// The relations that a statement locks without naming them.
fn kin(sql: &str) -> String {
    let statement = sql::parse(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let unnamed = effect(&statement, &Context::default()).unnamed;
    let words: Vec<_> = unnamed
        .iter()
        .map(|lock| {
            let of = lock.of.as_ref().map_or("?".to_owned(), ToString::to_string);
            format!(
                "{:?} of {of} {}",
                lock.kin,
                lock.mode.name().trim_end_matches("Lock")
            )
        })
        .collect();
    words.join(", ")
}

#[test]
fn locks_on_relations_that_are_not_named_are_told() {
    for (sql, expected) in [
        ("ALTER TABLE t ADD c int", "Descendants of t AccessExclusive"),
        ("ALTER TABLE t OWNER TO r", "Sequences of t AccessExclusive"),
        (
            "ALTER TABLE t DROP CONSTRAINT c",
            "Descendants of t AccessExclusive, Referenced of t AccessExclusive",
        ),
        (
            "DROP TABLE t",
            "Descendants of t AccessExclusive, Parents of t AccessExclusive, DefaultSibling of t AccessExclusive, \
             Referenced of t AccessExclusive, Sequences of t AccessExclusive",
        ),
        (
            "TRUNCATE t CASCADE",
            "Descendants of t AccessExclusive, ReferencingAll of t AccessExclusive",
        ),
        ("DROP INDEX i", "Table of i AccessExclusive"),
        ("DROP INDEX CONCURRENTLY i", "Table of i ShareUpdateExclusive"),
        (
            "REINDEX INDEX i",
            "Table of i Share, Descendants of i AccessExclusive",
        ),
        (
            "REINDEX TABLE t",
            "Indexes of t AccessExclusive, Descendants of t Share",
        ),
        (
            "ALTER TABLE p ATTACH PARTITION c FOR VALUES IN (1)",
            "DefaultPartition of p AccessExclusive, Indexes of p ShareUpdateExclusive, \
             Referenced of p ShareRowExclusive, Referencing of p ShareRowExclusive, Descendants of c AccessExclusive",
        ),
        (
            "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p",
            "Descendants of t ShareRowExclusive, Descendants of p ShareRowExclusive",
        ),
        (
            "ALTER TABLE t VALIDATE CONSTRAINT c",
            "Descendants of t ShareUpdateExclusive, Referenced of t RowShare",
        ),
        ("DROP VIEW v CASCADE", "Dependents of ? AccessExclusive"),
        ("SELECT 1", ""),
    ] {
        assert_eq!(kin(sql), expected, "{sql}");
    }
}

#[test]
fn an_added_column_is_catalog_only_unless_rows_must_be_computed_or_checked() {
    for (column, catalog_only) in [
        ("c int", true),
        ("c int DEFAULT 1", true),
        ("c text DEFAULT 'x'::text NOT NULL", true),
        ("c timestamptz DEFAULT now()", true),
        ("c int NOT NULL", false),
        ("c uuid DEFAULT gen_random_uuid()", false),
        ("c serial", false),
        ("c int GENERATED ALWAYS AS IDENTITY", false),
        ("c int CHECK (c > 0)", false),
        ("c int UNIQUE", false),
        ("c int REFERENCES p", true),
    ] {
        let statement = sql::parse(&format!("ALTER TABLE t ADD {column}")).expect("it is SQL");
        let effect = effect(&statement, &Context::default());
        assert_eq!(
            effect.scan.is_no() && effect.rewrite.is_no(),
            catalog_only,
            "{column}"
        );
    }
}
