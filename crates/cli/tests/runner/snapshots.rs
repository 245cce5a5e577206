//! The schema file, and databases that are made from it.

use std::fs;

use crate::project::{Ended, Project};

const REVISIONS: [(&str, &str); 2] = [
    (
        "0001_leads",
        "CREATE TABLE leads (id int PRIMARY KEY, name text NOT NULL DEFAULT 'x');\nINSERT INTO leads VALUES (1);",
    ),
    (
        "0002_view",
        "CREATE TYPE mood AS ENUM ('ok');\nALTER TABLE leads ADD feels mood;\nCREATE INDEX CONCURRENTLY leads_name ON leads (name);\n\
         CREATE VIEW names AS SELECT name FROM leads;\nCOMMENT ON VIEW names IS 'who';",
    ),
];

fn file(project: &Project) -> String {
    fs::read_to_string(project.folder().join("schema.sql")).expect("the snapshot is there")
}

/// A project at its head, with a snapshot, and then an empty database.
async fn with_snapshot(settings: &str) -> Project {
    let mut project = Project::new(&REVISIONS).await;
    fs::write(
        project.folder().join("windlass.toml"),
        format!("schema_file = \"schema.sql\"\n{settings}"),
    )
    .expect("a file can be written");
    project.upgrade(0).await;
    project.windlass(&["snapshot"]).run().await.expect(0);
    project.database = project.server.fresh_database().await;
    project
}

#[tokio::test]
async fn a_new_database_is_made_from_the_snapshot_and_gives_the_same_one() {
    let project = with_snapshot("").await;
    let first = file(&project);
    assert!(first.contains("-- contains: 0002_view\n"), "{first}");
    project.write("0003_later", "INSERT INTO leads VALUES (3);");
    let finished = project.upgrade(0).await;
    assert!(
        finished.stderr.contains("which contains 2 revisions"),
        "{}",
        finished.stderr
    );
    assert_eq!(project.applied().await, ["0001_leads", "0002_view", "0003_later"]);
    assert_eq!(
        project.one("SELECT string_agg(id::text, ',') FROM leads").await,
        "3",
        "history was not run, the newer revision was"
    );
    assert_eq!(
        project
            .one("SELECT count(*) FROM windlass.history WHERE action = 'stamped'")
            .await,
        "2"
    );
    project.remove("0003_later");
    project.windlass(&["snapshot"]).run().await.expect(6);
    project.write("0003_later", "INSERT INTO leads VALUES (3);");
    project.windlass(&["snapshot"]).run().await.expect(0);
    assert_eq!(file(&project), first.replace("0002_view\n", "0003_later\n"));
    project.windlass(&["snapshot", "--check"]).run().await.expect(0);
    let again = project.upgrade(0).await;
    assert!(again.stderr.contains("nothing to do"), "{}", again.stderr);
}

#[tokio::test]
async fn replay_runs_history_and_a_target_before_the_snapshot_too() {
    let mut project = with_snapshot("").await;
    project.windlass(&["upgrade", "--replay"]).run().await.expect(0);
    assert_eq!(project.one("SELECT count(*) FROM leads").await, "1");
    project.database = project.server.fresh_database().await;
    let finished = project.windlass(&["upgrade", "0001"]).run().await.expect(0);
    assert!(
        finished
            .stderr
            .contains("it contains 0002_view, which is not wanted"),
        "{}",
        finished.stderr
    );
    assert_eq!(project.applied().await, ["0001_leads"]);
}

#[tokio::test]
async fn a_database_with_relations_of_somebody_is_never_new() {
    let project = with_snapshot("").await;
    project.database.execute("CREATE TABLE theirs (a int)").await;
    let refused = project.upgrade(4).await;
    for words in ["public.theirs", "windlass stamp head", "--replay"] {
        assert!(refused.stderr.contains(words), "{words}: {}", refused.stderr);
    }
    assert_eq!(
        project
            .one("SELECT count(*) FROM pg_namespace WHERE nspname = 'windlass'")
            .await,
        "0"
    );
    project.windlass(&["upgrade", "--replay"]).run().await.expect(0);
    assert_eq!(project.one("SELECT count(*) FROM leads").await, "1");
}

#[tokio::test]
async fn a_baseline_that_fails_leaves_nothing_and_says_where() {
    let project = with_snapshot("").await;
    let text = file(&project) + "\nCREATE TABLE public.later (\n    a nothing\n);\n";
    fs::write(project.folder().join("schema.sql"), &text).expect("a file can be written");
    let line = text
        .lines()
        .position(|line| line == "    a nothing")
        .expect("it is there")
        + 1;
    let failed = project.upgrade(1).await;
    assert!(
        failed.stderr.contains(&format!("line {line}")),
        "{}",
        failed.stderr
    );
    assert_eq!(
        project
            .one("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
            .await,
        "0"
    );
    assert!(project.applied().await.is_empty());
}

#[tokio::test]
async fn a_runner_killed_while_it_makes_the_database_leaves_it_empty() {
    let project = with_snapshot("").await;
    let text = file(&project);
    fs::write(
        project.folder().join("schema.sql"),
        text.clone() + "\nSELECT pg_sleep(60);\n",
    )
    .expect("a file can be written");
    let sleeping = "SELECT count(*)::text FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%SELECT pg_sleep(60)%' \
                    AND pid <> pg_backend_pid()";
    project.kill_upgrade_when(sleeping, "1").await;
    fs::write(project.folder().join("schema.sql"), text).expect("a file can be written");
    project.upgrade(0).await;
    assert_eq!(project.applied().await, ["0001_leads", "0002_view"]);
    assert_eq!(project.one("SELECT count(*) FROM leads").await, "0");
}

#[tokio::test]
async fn a_command_may_print_the_baseline() {
    let project = Project::new(&REVISIONS).await;
    let printed = "BEGIN; CREATE TABLE leads (id int PRIMARY KEY); COMMIT;";
    fs::write(
        project.folder().join("windlass.toml"),
        format!("schema_file = \"cmd: echo '{printed}'\"\n"),
    )
    .expect("a file can be written");
    project.upgrade(0).await;
    assert_eq!(project.applied().await, ["0001_leads", "0002_view"]);
    assert_eq!(project.one("SELECT count(*) FROM leads").await, "0");
    let failing = Project::new(&REVISIONS).await;
    fs::write(
        failing.folder().join("windlass.toml"),
        "schema_file = \"cmd: echo why >&2; false\"\n",
    )
    .expect("a file can be written");
    let failed = failing.upgrade(2).await;
    assert!(failed.stderr.contains("why"), "{}", failed.stderr);
}

#[tokio::test]
async fn check_shows_what_differs_and_json_says_what_was_done() {
    let mut project = with_snapshot("").await;
    project.upgrade(0).await;
    project
        .database
        .execute("ALTER TABLE leads ADD drifted int")
        .await;
    let stale = project.windlass(&["snapshot", "--check"]).run().await.expect(6);
    assert!(stale.stderr.contains("+     drifted integer"), "{}", stale.stderr);
    let json = project.windlass(&["snapshot", "--json"]).run().await.expect(0);
    let answer: serde_json::Value = serde_json::from_str(&json.stdout).expect("it is JSON");
    assert_eq!(answer["changed"], true);
    assert_eq!(answer["contains"][0], "0002_view");
    project.database = project.server.fresh_database().await;
    project
        .database
        .execute("CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (password 'secret')")
        .await;
    let printed = project
        .windlass(&["snapshot", "--output", "-"])
        .run()
        .await
        .expect(0);
    assert!(
        printed
            .stdout
            .contains("-- contains no revision\n-- left out: user mapping"),
        "{}",
        printed.stdout
    );
    assert!(!printed.stdout.contains("secret"));
}

#[tokio::test]
async fn an_upgrade_leaves_a_snapshot_where_it_is_to() {
    let project = Project::new(&REVISIONS).await;
    fs::write(
        project.folder().join("windlass.toml"),
        "schema_file = \"schema.sql\"\n[snapshot]\nafter_upgrade = true\n",
    )
    .expect("a file can be written");
    project.upgrade(0).await;
    assert!(file(&project).contains("CREATE TABLE public.leads"));
    project.windlass(&["snapshot", "--check"]).run().await.expect(0);
}

#[tokio::test]
async fn the_proof_finds_a_file_that_is_not_what_the_revisions_give() {
    let project = with_snapshot("").await;
    let role = project.database.create_role("").await;
    project.write("0003_grant", &format!("GRANT SELECT ON leads TO {role};"));
    project.windlass(&["snapshot", "--prove"]).run().await.expect(0);
    let edited = file(&project).replace("DEFAULT 'x'", "DEFAULT 'y'");
    fs::write(project.folder().join("schema.sql"), edited).expect("a file can be written");
    let differ = project.windlass(&["snapshot", "--prove"]).run().await.expect(6);
    assert!(
        differ.stderr.contains("+     name text DEFAULT 'y'"),
        "{}",
        differ.stderr
    );
}

#[tokio::test]
async fn reference_data_is_in_the_file_and_in_a_new_database() {
    let mut project = Project::new(&[
        (
            "0001_plans",
            "CREATE TABLE roles (name text PRIMARY KEY, note text);
             CREATE TABLE plans (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, role text REFERENCES roles, price numeric(10,2), doc json,
                                 twice numeric GENERATED ALWAYS AS (price * 2) STORED);
             CREATE TABLE leads (id int PRIMARY KEY);",
        ),
        (
            "0002_rows",
            "INSERT INTO roles VALUES ('b', E'it''s\\n\\ntwo \\\\ lines'), ('a', NULL), ('Z', '');
             INSERT INTO plans (role, price, doc) VALUES ('b', 1.50, '{\"a\":  1}'), ('a', 2, NULL);
             INSERT INTO leads VALUES (1);",
        ),
    ])
    .await;
    let settings = "schema_file = \"schema.sql\"\n[snapshot]\ndata = [\"plans\", \"roles\"]\n";
    fs::write(project.folder().join("windlass.toml"), settings).expect("a file can be written");
    project.windlass(&["upgrade", "--replay"]).run().await.expect(0);
    project.windlass(&["snapshot"]).run().await.expect(0);
    let first = file(&project);
    let data = first.split_once("-- rows of ").expect("there is data").1;
    let roles = "public.roles\nINSERT INTO public.roles (name, note) OVERRIDING SYSTEM VALUE VALUES\n    ('Z', ''),\n    ('a', NULL),\n";
    assert!(data.starts_with(roles), "{data}");
    assert!(
        data.ends_with("SELECT pg_catalog.setval('public.plans_id_seq', 2);\n"),
        "{data}"
    );
    project.windlass(&["snapshot", "--prove"]).run().await.expect(0);
    let rows = "SELECT string_agg(r::text || p::text, '|' ORDER BY id) FROM plans AS p JOIN roles AS r ON r.name = p.role";
    let known = project.one(rows).await;
    project.database = project.server.fresh_database().await;
    project.upgrade(0).await;
    assert_eq!(project.one(rows).await, known);
    assert_eq!(project.one("SELECT count(*) FROM leads").await, "0");
    assert_eq!(
        project
            .one("INSERT INTO plans (price) VALUES (3) RETURNING id")
            .await,
        "3"
    );
    project.database.execute("DELETE FROM plans WHERE id = 3").await;
    project.windlass(&["snapshot", "--check"]).run().await.expect(0);
    project
        .windlass(&["check", "--only", "baseline"])
        .run()
        .await
        .expect(0);
    project.write("0003_more", "INSERT INTO roles VALUES ('c', 'new');");
    fs::write(
        project.folder().join("schema.sql"),
        first.replace("0002_rows", "0003_more"),
    )
    .expect("a file can be written");
    let stale = project
        .windlass(&["check", "--only", "baseline"])
        .run()
        .await
        .expect(6);
    for words in [
        "reference data: - the revisions, + the file",
        "-     ('c', 'new');",
    ] {
        assert!(stale.stdout.contains(words), "{words}: {}", stale.stdout);
    }
    let differ = project.windlass(&["snapshot", "--prove"]).run().await.expect(6);
    assert!(differ.stderr.contains("('c', 'new')"), "{}", differ.stderr);
    for (data, words) in [("plan", "no such table is there"), ("odd", "has no primary key")] {
        project
            .database
            .execute("CREATE TABLE IF NOT EXISTS odd (a int)")
            .await;
        let wrong = format!("[snapshot]\ndata = [\"{data}\"]\n");
        fs::write(project.folder().join("windlass.toml"), wrong).expect("a file can be written");
        let refused = project.windlass(&["snapshot"]).run().await;
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
    }
}

#[tokio::test]
async fn plan_and_status_say_what_a_new_database_is_made_from() {
    let project = with_snapshot("").await;
    project.write("0003_later", "INSERT INTO leads VALUES (3);");
    let words = "schema.sql, which contains 2 revisions, the last of them 0002_view";
    let status = project.windlass(&["status"]).run().await.expect(0);
    assert!(status.stdout.contains(words), "{}", status.stdout);
    let plan = project.windlass(&["plan"]).run().await.expect(0);
    assert!(plan.stderr.contains(words), "{}", plan.stderr);
    let json = project.windlass(&["plan", "--json"]).run().await.expect(0);
    let answer: serde_json::Value = serde_json::from_str(&json.stdout).expect("it is JSON");
    assert_eq!(answer["begins"]["from"], "baseline");
    assert_eq!(answer["begins"]["contains"][1], "0002_view");
    project.database.execute("CREATE TABLE theirs (a int)").await;
    let status = project.windlass(&["status"]).run().await.expect(0);
    for words in ["the database is not new", "public.theirs", "windlass stamp"] {
        assert!(status.stdout.contains(words), "{words}: {}", status.stdout);
    }
    project.database.execute("DROP TABLE theirs").await;
    fs::write(project.folder().join("schema.sql"), "nothing\n").expect("a file can be written");
    let status = project.windlass(&["status"]).run().await.expect(0);
    assert!(status.stderr.contains("does not begin as"), "{}", status.stderr);
}
