//! Saved plans: executed as they were shown, or not at all.

use serde_json::Value;
use windlass_testkit::Finished;

use crate::project::{Ended, Project};

const ORDERS: (&str, &str) = (
    "0001_orders",
    "CREATE TABLE orders (id bigint PRIMARY KEY, total integer, note text);\n\
     INSERT INTO orders SELECT n, n, repeat('x', 1000) FROM generate_series(1, 12000) n;\n\
     CREATE TABLE other (id bigint);",
);
const CHANGE: (&str, &str) = (
    "0002_change",
    "CREATE INDEX orders_total ON orders (total);\nALTER TABLE orders ALTER COLUMN total SET NOT NULL;",
);

async fn project() -> Project {
    let project = Project::new(&[ORDERS]).await;
    project.upgrade(0).await;
    project.database.execute("ANALYZE").await;
    project.write(CHANGE.0, CHANGE.1);
    project
}

async fn save(project: &Project) -> Finished {
    project
        .windlass(&["plan", "--out", "release.plan"])
        .run()
        .await
        .expect(0)
}

async fn execute(project: &Project, code: i32) -> Finished {
    let args = ["upgrade", "--plan", "release.plan"];
    project.windlass(&args).run().await.expect(code)
}

/// The statements of the plan's file.
fn saved(project: &Project) -> Vec<String> {
    let text = std::fs::read_to_string(project.folder().join("release.plan")).expect("it was written");
    let plan: Value = serde_json::from_str(&text).expect("it is JSON");
    let steps = plan["revisions"]
        .as_array()
        .expect("a list")
        .iter()
        .flat_map(|revision| revision["steps"].as_array().expect("a list"));
    let statements = steps.flat_map(|step| step["statements"].as_array().expect("a list"));
    statements
        .map(|statement| statement["sql"].as_str().expect("text").to_owned())
        .collect()
}

fn has(of: &Finished, parts: &[&str]) {
    for part in parts {
        assert!(of.stderr.contains(part), "{part}:\n{}", of.stderr);
    }
}

#[tokio::test]
async fn what_was_shown_is_executed_also_where_it_would_be_planned_otherwise_now() {
    let project = project().await;
    save(&project).await;
    let saved = saved(&project);
    assert_eq!(
        saved[0],
        "CREATE INDEX CONCURRENTLY orders_total ON orders (total)"
    );
    // So few rows need no safe form any more.
    project
        .database
        .execute("TRUNCATE orders; INSERT INTO orders VALUES (1, 1, 'a')")
        .await;
    project.database.execute("VACUUM ANALYZE orders").await;
    execute(&project, 0).await;
    assert_eq!(project.applied().await, ["0001_orders", "0002_change"]);
    let ran = "SELECT string_agg(number || ' ' || state, ', ' ORDER BY number) FROM windlass.step WHERE revision_id = '0002_change'";
    let done = match project.major().await {
        18.. => "1 done, 2 done, 3 done",
        _ => "1 done, 2 done, 3 done, 4 done",
    };
    assert_eq!(project.one(ran).await, done);
    let target = "SELECT split_part(target, ' ', 1) FROM windlass.run ORDER BY started_at DESC LIMIT 1";
    assert_eq!(project.one(target).await, "plan");
    let again = execute(&project, 0).await;
    has(&again, &["nothing to do"]);
}

#[tokio::test]
async fn a_plan_for_an_empty_database_is_executed_there() {
    let project = Project::new(&[ORDERS, CHANGE]).await;
    save(&project).await;
    execute(&project, 0).await;
    assert_eq!(project.applied().await, ["0001_orders", "0002_change"]);
}

#[tokio::test]
async fn a_schema_that_somebody_changed_meanwhile_is_refused_by_name() {
    let project = project().await;
    save(&project).await;
    project
        .database
        .execute("ALTER TABLE other ADD COLUMN extra int; CREATE INDEX orders_note ON orders (note); CREATE TABLE more (a int)")
        .await;
    let refused = execute(&project, 6).await;
    has(
        &refused,
        &[
            "the schema is not as it was",
            "changed: relation public.other",
            "new: index public.orders_note",
            "new: relation public.more",
        ],
    );
    assert!(
        !refused.stderr.contains("relation public.orders"),
        "{}",
        refused.stderr
    );
    assert_eq!(project.applied().await, ["0001_orders"]);
    project
        .database
        .execute("ALTER TABLE other DROP COLUMN extra; DROP INDEX orders_note; DROP TABLE more")
        .await;
    execute(&project, 0).await;
}

#[tokio::test]
async fn a_journal_or_files_that_are_not_as_they_were_are_refused() {
    let project = project().await;
    save(&project).await;
    project.write("0003_new", "SELECT 1;");
    has(
        &execute(&project, 6).await,
        &["0003_new is pending, and not in the plan"],
    );
    project.remove("0003_new");
    project.write(CHANGE.0, "SELECT 1;");
    has(
        &execute(&project, 6).await,
        &["0002_change was edited after the plan was made"],
    );
    project.remove(CHANGE.0);
    has(
        &execute(&project, 6).await,
        &["the file of 0002_change is not in this directory"],
    );
    project.write(CHANGE.0, CHANGE.1);
    // Another run applies what changes no schema.
    project.write("0003_side", "-- windlass: after 0001_orders\nSELECT 1;");
    project.write(CHANGE.0, &format!("-- windlass: after 0001_orders\n{}", CHANGE.1));
    save_to(&project, "0002").await;
    project.windlass(&["upgrade", "0003_side"]).run().await.expect(0);
    has(
        &execute(&project, 6).await,
        &["the journal is not as it was", "0003_side is applied"],
    );
    assert_eq!(project.applied().await, ["0001_orders", "0003_side"]);
}

async fn save_to(project: &Project, target: &str) {
    let args = ["plan", target, "--out", "release.plan"];
    project.windlass(&args).run().await.expect(0);
}

#[tokio::test]
async fn a_killed_execution_goes_on_with_its_plan() {
    let project = project().await;
    project.write("0003_more", "ALTER TABLE orders ADD CHECK (total > 0);");
    save(&project).await;
    let holder = project.database.connect().await;
    holder
        .batch_execute("BEGIN; UPDATE orders SET note = 'held' WHERE id = 1")
        .await
        .expect("nobody holds it");
    // The build waits for the holder's transaction.
    let args = ["upgrade", "--plan", "release.plan"];
    let mut running = project.windlass(&args).spawn();
    project
        .wait_for_statement("CREATE INDEX CONCURRENTLY orders_total ON orders (total)")
        .await;
    running.kill9();
    running.finish().await;
    holder.batch_execute("COMMIT").await.expect("it is open");
    execute(&project, 0).await;
    assert_eq!(
        project.applied().await,
        ["0001_orders", "0002_change", "0003_more"]
    );
    let valid = "SELECT bool_and(indisvalid)::text FROM pg_index WHERE indrelid = 'orders'::regclass";
    assert_eq!(project.one(valid).await, "true");
}

#[tokio::test]
async fn only_what_may_run_is_saved() {
    let project = project().await;
    project.write(CHANGE.0, "ALTER TABLE orders ALTER COLUMN total TYPE bigint;");
    let refused = project
        .windlass(&["plan", "--out", "release.plan"])
        .run()
        .await
        .expect(4);
    has(&refused, &["the plan was not saved"]);
    assert!(!project.folder().join("release.plan").exists());
    std::fs::write(project.folder().join("release.plan"), "{}").expect("it can be written");
    has(
        &execute(&project, 2).await,
        &["is no saved plan", "windlass plan --out FILE"],
    );
}
