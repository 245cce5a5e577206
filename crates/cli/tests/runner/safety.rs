//! What becomes of hazards in a run: their safe forms run, or nothing does, as `safety` and `allow` say.

use serde_json::Value;

use crate::project::{Ended, Project};

const ORDERS: (&str, &str) = (
    "0001_orders",
    "CREATE TABLE orders (id bigint PRIMARY KEY, total integer, note text);\n\
     INSERT INTO orders SELECT n, n, repeat('x', 1000) FROM generate_series(1, 12000) n;\n\
     CREATE TABLE small (id bigint PRIMARY KEY, total integer);\n\
     INSERT INTO small VALUES (1, 1);",
);

/// A project whose first revision is applied: one table is too large to be read under a lock, one is not.
async fn project(second: &str) -> Project {
    Project::to_change(ORDERS, second).await
}

async fn planned(project: &Project) -> Vec<String> {
    let plan = project.windlass(&["plan", "--json"]).run().await.expect(0);
    let plan: Value = serde_json::from_str(&plan.stdout).expect("it is JSON");
    let steps = plan["revisions"][0]["steps"]
        .as_array()
        .expect("there are some")
        .iter();
    let statements = steps.flat_map(|step| step["statements"].as_array().expect("there are some").iter());
    statements
        .map(|statement| {
            let rule = statement["rewrite"]["rule"].as_str().unwrap_or("-");
            format!("{rule}: {}", statement["sql"].as_str().unwrap_or_default())
        })
        .collect()
}

#[tokio::test]
async fn a_hazard_runs_in_its_safe_form() {
    let project = project(
        "-- once and for all\nCREATE INDEX orders_total ON orders (total);\n\
         ALTER TABLE orders ALTER COLUMN total SET NOT NULL, ADD COLUMN token uuid DEFAULT gen_random_uuid() UNIQUE;\n\
         CREATE INDEX small_total ON small (total);",
    )
    .await;
    let mut expected = vec![
        "blocking-index-build: CREATE INDEX CONCURRENTLY orders_total ON orders (total)",
        "set-not-null: ALTER TABLE orders ADD COLUMN token uuid",
        "set-not-null: ALTER TABLE orders ALTER COLUMN token SET DEFAULT gen_random_uuid()",
        "set-not-null: UPDATE orders SET token = DEFAULT WHERE token IS NULL",
        "set-not-null: CREATE UNIQUE INDEX CONCURRENTLY orders_token_key ON orders (token)",
        "set-not-null: ALTER TABLE orders ADD CONSTRAINT orders_token_key UNIQUE USING INDEX orders_token_key",
    ];
    expected.extend(match project.major().await {
        18.. => &[
            "set-not-null: ALTER TABLE orders ADD CONSTRAINT orders_total_not_null NOT NULL total NOT VALID",
            "set-not-null: ALTER TABLE orders VALIDATE CONSTRAINT orders_total_not_null",
        ][..],
        _ => &[
            "set-not-null: ALTER TABLE orders ADD CONSTRAINT orders_total_windlass CHECK (total IS NOT NULL) NOT VALID",
            "set-not-null: ALTER TABLE orders VALIDATE CONSTRAINT orders_total_windlass",
            "set-not-null: ALTER TABLE orders ALTER COLUMN total SET NOT NULL",
            "set-not-null: ALTER TABLE orders DROP CONSTRAINT orders_total_windlass",
        ],
    });
    expected.push("-: CREATE INDEX small_total ON small (total)");
    assert_eq!(planned(&project).await, expected);
    let shown = project.windlass(&["plan"]).run().await.expect(0);
    assert!(
        shown.stdout.contains("safe form by blocking-index-build"),
        "{}",
        shown.stdout
    );
    project.upgrade(0).await;
    let columns = "SELECT string_agg(attname || attnotnull, ' ' ORDER BY attnum) FROM pg_attribute \
                   WHERE attrelid = 'orders'::regclass AND attnum > 0";
    assert_eq!(
        project.database.query_one_text(columns).await,
        "idtrue totaltrue notefalse tokenfalse"
    );
    let filled = "SELECT (count(DISTINCT token) = 12000)::text FROM orders";
    assert_eq!(project.database.query_one_text(filled).await, "true");
    let indexes = "SELECT string_agg(c.relname || indisvalid, ' ' ORDER BY c.relname) FROM pg_index JOIN pg_class c ON c.oid = indexrelid \
                   WHERE indrelid = 'orders'::regclass";
    assert_eq!(
        project.database.query_one_text(indexes).await,
        "orders_pkeytrue orders_token_keytrue orders_totaltrue"
    );
    let checks =
        "SELECT count(*)::text FROM pg_constraint WHERE conrelid = 'orders'::regclass AND contype = 'c'";
    assert_eq!(project.database.query_one_text(checks).await, "0");
}

#[tokio::test]
async fn what_has_no_safe_form_is_refused_before_anything_runs_unless_it_is_allowed() {
    let first = "CREATE TABLE fine (a int);\n";
    let change = "ALTER TABLE orders ALTER COLUMN total TYPE bigint;\n";
    let project = project(&format!("{first}{change}")).await;
    let refused = project.windlass(&["upgrade"]).run().await.expect(4);
    for part in [
        "column-type-rewrite",
        "orders (about 12000 rows",
        "allow column-type-rewrite because",
    ] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    let tables = "SELECT count(*)::text FROM pg_class WHERE relname = 'fine'";
    assert_eq!(project.database.query_one_text(tables).await, "0");
    project.write(
        "0002_change",
        &format!("{first}-- windlass: allow column-type-rewrite because nobody is awake\n{change}"),
    );
    project.upgrade(0).await;
    assert_eq!(project.database.query_one_text(tables).await, "1");
}

#[tokio::test]
async fn the_policy_says_what_becomes_of_hazards() {
    let project = project("CREATE INDEX orders_total ON orders (total);").await;
    project
        .windlass(&["upgrade", "--set", "safety=refuse"])
        .run()
        .await
        .expect(4);
    let warned = project
        .windlass(&["plan", "--set", "safety=warn", "--json"])
        .run()
        .await
        .expect(0);
    assert!(
        warned
            .stdout
            .contains("building the index blocks writes to orders"),
        "{}",
        warned.stdout
    );
    assert!(
        !warned.stdout.contains("CONCURRENTLY orders_total"),
        "{}",
        warned.stdout
    );
    let off = project
        .windlass(&["plan", "--set", "safety=off", "--json"])
        .run()
        .await
        .expect(0);
    assert!(!off.stdout.contains("building the index"), "{}", off.stdout);
    let warned = project
        .windlass(&["upgrade", "--set", "safety=warn"])
        .run()
        .await
        .expect(0);
    assert!(
        warned
            .stderr
            .contains("building the index blocks writes to orders"),
        "{}",
        warned.stderr
    );
}

#[tokio::test]
async fn a_started_revision_goes_on_with_the_forms_that_were_frozen() {
    let project =
        project("ALTER TABLE orders ALTER COLUMN total SET NOT NULL;\nCREATE TABLE later (a int);").await;
    project
        .database
        .execute("UPDATE orders SET total = NULL WHERE id = 7")
        .await;
    let failed = project.windlass(&["upgrade"]).run().await.expect(5);
    let added = project.not_null_of_total().await;
    assert!(failed.stderr.contains(added), "{}", failed.stderr);
    // So few rows would need no form any more.
    project.database.execute("TRUNCATE orders").await;
    project.database.execute("VACUUM ANALYZE orders").await;
    project.upgrade(0).await;
    let steps = "SELECT count(*)::text FROM windlass.step WHERE revision_id = '0002_change'";
    let count = if project.major().await < 18 { "3" } else { "2" };
    assert_eq!(project.database.query_one_text(steps).await, count);
    let checks =
        "SELECT count(*)::text FROM pg_constraint WHERE conrelid = 'orders'::regclass AND contype = 'c'";
    assert_eq!(project.database.query_one_text(checks).await, "0");
    let is_set =
        "SELECT attnotnull::text FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attname = 'total'";
    assert_eq!(project.database.query_one_text(is_set).await, "true");
}

#[tokio::test]
async fn a_table_that_is_made_if_not_exists_may_have_been_there() {
    let project = project(
        "CREATE TABLE IF NOT EXISTS orders (id bigint);\nCREATE TABLE IF NOT EXISTS fresh (id bigint);\n\
         CREATE INDEX orders_total ON orders (total);\nCREATE INDEX fresh_id ON fresh (id);",
    )
    .await;
    assert_eq!(
        planned(&project).await[2..],
        [
            "blocking-index-build: CREATE INDEX CONCURRENTLY orders_total ON orders (total)",
            "-: CREATE INDEX fresh_id ON fresh (id)",
        ]
    );
}

#[tokio::test]
async fn what_a_safe_form_added_goes_again_when_old_rows_break_it() {
    let project = project(
        "CREATE TABLE beside (id bigint);\nALTER TABLE orders ALTER COLUMN total SET NOT NULL;\n\
         ALTER TABLE orders ADD CONSTRAINT known CHECK (total > 10);",
    )
    .await;
    project
        .database
        .execute("UPDATE orders SET total = NULL WHERE id = 17")
        .await;
    let broken = project.windlass(&["upgrade"]).run().await.expect(5);
    let added = project.not_null_of_total().await;
    for part in [
        added,
        "a row of orders that breaks it: (17,,xxx",
        &format!("took back {added} of orders, which old rows break"),
    ] {
        assert!(broken.stderr.contains(part), "{part}: {}", broken.stderr);
    }
    let checks =
        "SELECT count(*)::text FROM pg_constraint WHERE conrelid = 'orders'::regclass AND contype = 'c'";
    assert_eq!(project.one(checks).await, "0");
    // Nobody is kept from changing the old row, and the work before it stays done.
    project
        .database
        .execute("UPDATE orders SET note = 'changed' WHERE id = 17")
        .await;
    let done = "SELECT string_agg(number || ' ' || state, ', ' ORDER BY number) FROM windlass.step WHERE revision_id = '0002_change'";
    assert_eq!(project.one(done).await, "1 done");
    let told = "SELECT detail FROM windlass.history ORDER BY entry DESC LIMIT 1";
    assert_eq!(
        project.one(told).await,
        format!("took back {added} of orders, which old rows break")
    );
    // The rows are mended for the first of the two, and the second is still broken.
    project
        .database
        .execute("UPDATE orders SET total = 17 WHERE id = 17")
        .await;
    let broken = project.windlass(&["upgrade"]).run().await.expect(5);
    assert!(
        broken.stderr.contains("took back known of orders"),
        "{}",
        broken.stderr
    );
    let is_set =
        "SELECT attnotnull::text FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attname = 'total'";
    assert_eq!(project.one(is_set).await, "true");
    // What was taken back may be edited.
    project.write(
        "0002_change",
        "CREATE TABLE beside (id bigint);\nALTER TABLE orders ALTER COLUMN total SET NOT NULL;\n\
         ALTER TABLE orders ADD CONSTRAINT known CHECK (total > 0);",
    );
    project.upgrade(0).await;
    assert_eq!(
        project
            .one("SELECT string_agg(conname, ' ') FROM pg_constraint WHERE conrelid = 'orders'::regclass AND contype = 'c' AND convalidated")
            .await,
        "known"
    );
}

#[tokio::test]
async fn what_calls_functions_for_each_row_is_no_small_matter() {
    let project = project(
        "CREATE FUNCTION slow(n integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT n > 0';\n\
         ALTER TABLE small ADD CONSTRAINT slow CHECK (slow(total));\n\
         ALTER TABLE small ADD CONSTRAINT quick CHECK (total > 0);",
    )
    .await;
    assert_eq!(
        planned(&project).await[1..],
        [
            "validated-check: ALTER TABLE small ADD CONSTRAINT slow CHECK (slow(total)) NOT VALID",
            "validated-check: ALTER TABLE small VALIDATE CONSTRAINT slow",
            "-: ALTER TABLE small ADD CONSTRAINT quick CHECK (total > 0)",
        ]
    );
    project.upgrade(0).await;
}
