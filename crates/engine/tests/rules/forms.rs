//! Safe forms: the original on one database, the safe form on another, and pg_dump says the same of both.

use windlass_compiler::rules::{Safe, safe_form, written};
use windlass_compiler::sql;
use windlass_testkit::Binaries;

use crate::laboratory::Laboratory;

/// Statements that have a safe form, on the examples' tables. What stands before `=>` is run first.
const STATEMENTS: &[&str] = &[
    "CREATE INDEX orders_total ON orders (total)",
    "CREATE INDEX ON orders (customer_id, total)",
    "CREATE UNIQUE INDEX ON orders (note) INCLUDE (total)",
    "CREATE INDEX ON orders (status)",
    "CREATE INDEX ON events (kind)",
    "CREATE UNIQUE INDEX events_key ON events (id, at)",
    "CREATE INDEX CONCURRENTLY events_kind ON events (kind) WHERE id > 5",
    "DROP INDEX orders_status",
    "DROP INDEX IF EXISTS orders_status, orders_code",
    "REINDEX INDEX orders_status",
    "REINDEX TABLE orders",
    "REINDEX (VERBOSE) TABLE orders",
    "REFRESH MATERIALIZED VIEW order_counts",
    "ALTER TABLE orders_status RENAME TO orders_by_status",
    "ALTER TABLE orders ADD CHECK (total > 0)",
    "ALTER TABLE orders ADD CHECK (total > 0 AND id > 0)",
    "ALTER TABLE orders ADD CHECK (total > 0) => ALTER TABLE orders ADD CHECK (total < 5000)",
    "ALTER TABLE orders ADD CONSTRAINT \"Named One\" CHECK (total > 0) NO INHERIT",
    "ALTER TABLE events ADD CHECK (id > 0)",
    "ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers",
    "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED",
    "ALTER TABLE visits ADD FOREIGN KEY (order_id) REFERENCES orders",
    "ALTER TABLE products ADD UNIQUE (sku)",
    "ALTER TABLE products ADD CONSTRAINT u UNIQUE (sku, title) INCLUDE (id) DEFERRABLE INITIALLY DEFERRED",
    "ALTER TABLE homes ADD PRIMARY KEY (street)",
    "CREATE UNIQUE INDEX hs ON homes (street) => ALTER TABLE homes ADD CONSTRAINT hp PRIMARY KEY USING INDEX hs",
    "ALTER TABLE orders ALTER COLUMN total SET NOT NULL",
    "ALTER TABLE events ALTER COLUMN kind SET NOT NULL",
    "ALTER TABLE orders ADD CONSTRAINT k CHECK (total IS NOT NULL) => ALTER TABLE orders ALTER total SET NOT NULL, DROP CONSTRAINT k",
    "ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid()",
    "ALTER TABLE orders ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE",
    "ALTER TABLE orders ADD COLUMN n serial",
    "ALTER TABLE orders ADD COLUMN n bigserial UNIQUE",
    "ALTER TABLE orders ADD COLUMN d integer DEFAULT 0 NOT NULL CHECK (d >= 0)",
    "ALTER TABLE orders ADD COLUMN d integer CONSTRAINT dc CHECK (d >= 0) CHECK (d < total)",
    "ALTER TABLE orders ADD COLUMN r text UNIQUE DEFERRABLE",
    "ALTER TABLE orders ADD COLUMN p bigint DEFAULT 1 REFERENCES orders ON DELETE SET NULL",
    "ALTER TABLE orders ADD COLUMN a uuid DEFAULT gen_random_uuid(), ADD COLUMN b int, ALTER total SET NOT NULL, DROP COLUMN note, ADD UNIQUE (small_code)",
    "ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0) NOT VALID, VALIDATE CONSTRAINT c",
    "ALTER TABLE products ALTER COLUMN title TYPE varchar(100)",
    "DROP VIEW open_orders; ALTER TABLE orders ALTER total SET NOT NULL, ALTER total SET DEFAULT 5, ADD CHECK (total > 0 AND id > 0), ADD UNIQUE (total, id) \
     INCLUDE (note) DEFERRABLE; CREATE INDEX weird ON orders (status, total DESC NULLS LAST) WHERE total > 7; \
     COMMENT ON COLUMN orders.total IS 'it''s'; COMMENT ON INDEX weird IS 'w' => ALTER TABLE orders ALTER COLUMN total TYPE bigint",
    "ALTER TABLE orders ALTER COLUMN customer_id TYPE numeric USING customer_id::numeric",
    "CREATE TABLE lone (id serial PRIMARY KEY, n int); INSERT INTO lone (n) SELECT generate_series(1, 100) => ALTER TABLE lone ALTER id TYPE bigint",
    "ALTER TABLE events DETACH PARTITION events_2024",
    "DROP TABLE events_2024",
    "ALTER TABLE events ATTACH PARTITION events_2023 FOR VALUES FROM ('2023-01-01') TO ('2024-01-01')",
];

#[tokio::test]
async fn a_safe_form_leaves_the_schema_that_the_original_leaves() {
    if !Binaries::find().is_ok_and(|binaries| binaries.tool("pg_dump").exists()) {
        return;
    }
    let laboratory = Laboratory::start().await;
    let mut faults = Vec::new();
    for line in STATEMENTS {
        let (before, statement) = line.split_once(" => ").unwrap_or(("", line));
        let (plain, safe) = (laboratory.scene().await, laboratory.scene().await);
        for scene in [&plain, &safe] {
            scene.send(before).await.unwrap();
        }
        plain.send(statement).await.unwrap_or_else(|(code, message)| {
            // Only a safe form gets there.
            assert_eq!(code, "0A000", "{statement}: {message}");
        });
        let findings = safe.ask(statement).await;
        let parsed = sql::parse(statement).unwrap();
        let Some(form) = safe_form(&parsed, statement, &findings) else {
            faults.push(format!(
                "{line}: no safe form, {:?}",
                findings.iter().map(|finding| finding.rule.id).collect::<Vec<_>>()
            ));
            continue;
        };
        if let Err(fault) = executed(&safe, &form).await {
            faults.push(format!("{line}:\n{}\n  {fault}", written(&form)));
            continue;
        }
        let still = unsafe_parts(&laboratory, before, &form).await;
        faults.extend(still.into_iter().map(|fault| format!("{line}: {fault}")));
        if statement.starts_with("CREATE INDEX CONCURRENTLY") {
            continue;
        }
        let (mut one, mut other) = (plain.database.dump(), safe.database.dump());
        if findings.iter().any(|finding| finding.needs.is_some()) {
            (one, other) = (in_any_order(&one), in_any_order(&other));
        }
        if one != other {
            let differ = similar(&one, &other);
            faults.push(format!("{line}:\n{}\n  differ:\n{differ}", written(&form)));
        }
    }
    assert!(
        faults.is_empty(),
        "{} of {}:\n{}",
        faults.len(),
        STATEMENTS.len(),
        faults.join("\n")
    );
}

/// The dump with the lines of each table in the order of the alphabet: a form that is allowed to reorders columns.
fn in_any_order(dump: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut of_table: Option<Vec<&str>> = None;
    for line in dump.lines() {
        match &mut of_table {
            Some(inside) if line.starts_with(");") || line.starts_with(")\n") => {
                inside.sort_unstable();
                lines.append(inside);
                lines.push(line);
                of_table = None;
            }
            Some(inside) => inside.push(line.trim_end_matches(',')),
            None => {
                lines.push(line);
                of_table = line.starts_with("CREATE TABLE").then(Vec::new);
            }
        }
    }
    lines.join("\n")
}

async fn executed(scene: &crate::laboratory::Scene, form: &[Safe]) -> Result<(), String> {
    for safe in form {
        scene
            .send(&safe.sql)
            .await
            .map_err(|(code, message)| format!("{}: {code} {message}", safe.sql))?;
    }
    Ok(())
}

/// Statements of a safe form that a rule finds an error in, when they are run one after the other.
async fn unsafe_parts(laboratory: &Laboratory, before: &str, form: &[Safe]) -> Vec<String> {
    let scene = laboratory.scene().await;
    scene.send(before).await.unwrap();
    let mut faults = Vec::new();
    for safe in form {
        for finding in scene.ask(&safe.sql).await {
            if finding.severity == windlass_compiler::diagnostic::Severity::Error {
                faults.push(format!("its part `{}` has {}", safe.sql, finding.rule.id));
            }
        }
        scene.send(&safe.sql).await.unwrap();
    }
    faults
}

/// Lines that only one of the texts has.
fn similar(one: &str, other: &str) -> String {
    let only = |a: &str, b: &str, sign: &str| {
        let lines = a.lines().filter(|line| !b.lines().any(|known| known == *line));
        lines.map(|line| format!("  {sign} {line}\n")).collect::<String>()
    };
    only(one, other, "-") + &only(other, one, "+")
}
