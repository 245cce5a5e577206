//! `windlass plan` from outside: what it tells of a database, without one, and on paper.

use serde_json::Value;
use windlass_testkit::{Command, Finished};

use crate::lint::git;
use crate::project::{Ended, Project};

const ORDERS: (&str, &str) = (
    "0001_orders",
    "CREATE TABLE customers (id bigint PRIMARY KEY);\n\
     CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers, total integer, note text);\n\
     INSERT INTO orders (id, total, note) SELECT n, n, repeat('x', 1000) FROM generate_series(1, 12000) n;",
);

async fn project(second: &str) -> Project {
    Project::to_change(ORDERS, second).await
}

async fn plan(project: &Project, args: &[&str]) -> Finished {
    project.windlass(&["plan"]).args(args).run().await.expect(0)
}

/// Without anything that names a database.
async fn unconnected(project: &Project, args: &[&str]) -> Finished {
    let command = Command::new(env!("CARGO_BIN_EXE_windlass")).current_dir(project.folder());
    command.args(["plan"]).args(args).run().await
}

async fn as_json(project: &Project) -> Value {
    serde_json::from_str(&plan(project, &["--json"]).await.stdout).expect("it is JSON")
}

fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part}:\n{text}");
    }
}

#[tokio::test]
async fn a_plan_tells_what_it_does_to_the_tables_as_they_are() {
    let project = project(
        "-- windlass: allow drop-column because nobody reads it\nALTER TABLE orders DROP COLUMN customer_id;\n\
         CREATE INDEX orders_total ON orders (total);\n",
    )
    .await;
    let shown = plan(&project, &[]).await;
    has(
        &shown.stdout,
        &[
            "loses the values of orders.customer_id",
            "blocks reads and writes of orders (AccessExclusiveLock), about 12000 rows, 1",
            "blocks reads and writes of customers (AccessExclusiveLock)",
            "safe form by blocking-index-build",
            "builds an index over orders, about 12000 rows, 1",
            "(estimated)",
        ],
    );
    has(&shown.stderr, &["PostgreSQL", "a second", "estimates"]);
    let json = as_json(&project).await;
    let steps = &json["revisions"][0]["steps"];
    let lock = &steps[0]["statements"][0]["locks"][0];
    assert_eq!(lock["relation"], "public.orders");
    assert_eq!(lock["rows"], 12000);
    assert_eq!(lock["blocks_reads"], true);
    let work = &steps[1]["statements"][0]["work"][0];
    assert_eq!(work["doing"], "build_index");
    assert!(work["estimate_ms"].is_u64(), "{work}");
    assert!(
        json["basis"]["scan_bytes_per_second"].as_f64() > Some(1e6),
        "{json}"
    );
    // Nothing was changed, and nothing is left open.
    assert_eq!(project.applied().await, ["0001_orders"]);
}

#[tokio::test]
async fn what_an_earlier_revision_of_the_plan_makes_is_new() {
    let project = project("CREATE TABLE fresh (id bigint PRIMARY KEY, total int);\n").await;
    project.write(
        "0003_more",
        "ALTER TABLE fresh ADD CHECK (total > 0);\nDROP TABLE fresh;\n",
    );
    let json = as_json(&project).await;
    for statement in json["revisions"][1]["steps"][0]["statements"]
        .as_array()
        .expect("there are some")
    {
        for nothing in ["locks", "work", "losses"] {
            assert_eq!(
                statement[nothing],
                Value::Array(Vec::new()),
                "{nothing}: {statement}"
            );
        }
    }
}

#[tokio::test]
async fn a_plan_does_not_wait_for_who_holds_a_table_against_everybody() {
    let project = project("ALTER TABLE orders ALTER COLUMN total SET NOT NULL;\n").await;
    let holder = project.database.connect().await;
    holder
        .batch_execute("BEGIN; LOCK TABLE orders")
        .await
        .expect("nobody holds it");
    let shown = project.windlass(&["plan"]).run().await.expect(3);
    has(&shown.stderr, &["somebody holds a table", "--offline"]);
    plan(&project, &["--offline"]).await;
}

#[tokio::test]
async fn without_a_database_the_worst_is_told() {
    let project = project("CREATE INDEX orders_total ON orders (total);\nDROP TABLE customers;\n").await;
    let shown = unconnected(&project, &[]).await.expect(0);
    has(&shown.stderr, &["No database was asked: the worst is told"]);
    has(
        &shown.stdout,
        &[
            "0001_orders",
            "CREATE INDEX CONCURRENTLY",
            "loses rows of customers",
            "blocks reads and writes of customers",
        ],
    );
    let offline = plan(&project, &["--offline", "--json"]).await;
    let offline: Value = serde_json::from_str(&offline.stdout).expect("it is JSON");
    assert_eq!(offline["basis"]["from"], "none");
    assert_eq!(offline["revisions"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_pull_request_is_told_what_it_adds() {
    let project = project("SELECT 'a|b `c`';\nCREATE INDEX orders_total ON orders (total);\n").await;
    let root = project.folder();
    git(root, &["init", "-q", "-b", "main"]).await;
    git(root, &["add", "migrations/0001_orders.sql"]).await;
    git(root, &["commit", "-q", "-m", "a"]).await;
    let markdown = ["--since", "main", "--format", "markdown"];
    for shown in [
        plan(&project, &markdown).await,
        unconnected(&project, &markdown).await.expect(0),
    ] {
        assert!(
            shown.stdout.starts_with("<!-- windlass-plan -->\n"),
            "{}",
            shown.stdout
        );
        has(
            &shown.stdout,
            &[
                "#### 0002\\_change",
                r"SELECT 'a\|b \`c\`'",
                "builds an index over orders",
                "safe form by blocking-index-build",
            ],
        );
        assert!(!shown.stdout.contains("0001"), "{}", shown.stdout);
    }
    project.write("0001_orders", "SELECT 1;\n");
    let edited = unconnected(&project, &markdown).await.expect(0);
    has(&edited.stdout, &["0001\\_orders", "0002\\_change"]);
    git(root, &["add", "."]).await;
    git(root, &["commit", "-q", "-m", "b"]).await;
    let nothing = unconnected(&project, &["--since", "HEAD", "--format", "markdown"])
        .await
        .expect(0);
    has(&nothing.stdout, &["<!-- windlass-plan -->", "nothing is pending"]);
}

#[tokio::test]
async fn what_a_database_has_already_is_named_beside_what_is_pending() {
    let project = project("SELECT 1;\n").await;
    let root = project.folder();
    std::fs::write(root.join("README"), "a").expect("it can be written");
    git(root, &["init", "-q", "-b", "main"]).await;
    git(root, &["add", "README"]).await;
    git(root, &["commit", "-q", "-m", "a"]).await;
    let shown = plan(&project, &["--since", "main", "--format", "markdown"]).await;
    has(
        &shown.stdout,
        &["already applied to this database: `0001_orders`", "0002\\_change"],
    );
}

#[tokio::test]
async fn a_page_holds_everything_as_text() {
    let project = project("SELECT '<script>alert(1)</script>' AS \"a&b\";\nDROP TABLE orders;\n").await;
    let shown = plan(&project, &["--format", "html"]).await;
    has(
        &shown.stdout,
        &[
            "<!doctype html>",
            "&lt;script&gt;alert(1)&lt;/script&gt;",
            "&quot;a&amp;b&quot;",
            "class=\"loss\">loses rows of orders, which has about 12000 rows",
        ],
    );
    for outside in ["<script", "http", "url("] {
        assert!(!shown.stdout.contains(outside), "{outside}: {}", shown.stdout);
    }
}
