//! `windlass fix`: safe forms in files, comments kept, applied revisions left alone.

use std::fs;

use crate::project::{Ended, Project};

const HAZARDS: &str = "-- windlass: after 0001_orders\n\
    -- why there is an index\n\
    CREATE INDEX orders_total ON orders (total); -- behind it\n\
    \n\
    ALTER TABLE orders\n  ALTER COLUMN total SET NOT NULL, /* money */\n  DROP COLUMN note;\n\
    -- windlass: allow blocking-index-build because it is tiny\n\
    CREATE INDEX orders_id ON orders (id);\n";

#[tokio::test]
async fn safe_forms_are_written_into_what_is_not_applied() {
    let first =
        "CREATE TABLE orders (id bigint PRIMARY KEY, total integer, note text);\nCREATE TABLE o (a int);\n";
    let project = Project::new(&[("0001_orders", first)]).await;
    project.upgrade(0).await;
    project.write("0002_change", HAZARDS);
    let path = project.migrations().join("0002_change.sql");
    let shown = project.windlass(&["fix", "--diff"]).run().await.expect(4);
    assert!(
        shown
            .stdout
            .contains("+CREATE INDEX CONCURRENTLY orders_total ON orders (total); -- behind it"),
        "{}",
        shown.stdout
    );
    assert_eq!(fs::read_to_string(&path).expect("it is there"), HAZARDS);
    project.windlass(&["fix"]).run().await.expect(0);
    insta::assert_snapshot!(fs::read_to_string(&path).expect("it is there"), @"
    -- windlass: after 0001_orders
    -- why there is an index
    CREATE INDEX CONCURRENTLY orders_total ON orders (total); -- behind it

    /* money */
    ALTER TABLE orders DROP COLUMN note;
    ALTER TABLE orders ADD CONSTRAINT orders_total_windlass CHECK (total IS NOT NULL) NOT VALID;
    ALTER TABLE orders VALIDATE CONSTRAINT orders_total_windlass;
    ALTER TABLE orders ALTER COLUMN total SET NOT NULL;
    ALTER TABLE orders DROP CONSTRAINT orders_total_windlass;
    -- windlass: allow blocking-index-build because it is tiny
    CREATE INDEX orders_id ON orders (id);
    ");
    let again = project.windlass(&["fix"]).run().await.expect(0);
    assert!(again.stderr.contains("nothing to fix"), "{}", again.stderr);
    project.upgrade(0).await;
}

#[tokio::test]
async fn an_applied_revision_is_never_changed() {
    let project = Project::new(&[("0001_a", "-- windlass: after base\nCREATE INDEX i ON t (a);\n")]).await;
    project.database.execute("CREATE TABLE t (a int)").await;
    project
        .windlass(&["upgrade", "--set", "safety=off"])
        .run()
        .await
        .expect(0);
    let path = project.migrations().join("0001_a.sql");
    let before = fs::read_to_string(&path).expect("it is there");
    let left = project.windlass(&["fix"]).run().await.expect(0);
    assert!(
        left.stderr.contains("0001_a.sql: applied, left as it is"),
        "{}",
        left.stderr
    );
    assert_eq!(fs::read_to_string(&path).expect("it is there"), before);
    let unknown = project
        .windlass(&["fix", "--database-url", "postgresql://127.0.0.1:1/x"])
        .run()
        .await;
    assert_ne!(unknown.code, Some(0));
    assert!(unknown.stderr.contains("--not-applied"), "{}", unknown.stderr);
    project.windlass(&["fix", "--not-applied"]).run().await.expect(0);
    assert!(
        fs::read_to_string(&path)
            .expect("it is there")
            .contains("CONCURRENTLY")
    );
}
