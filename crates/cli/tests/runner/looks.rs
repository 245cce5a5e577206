//! Commands that look: at the data, at the past, at the server.

use windlass_testkit::{Rival, Server};

use crate::project::{Ended, Project};

const LEADS: (&str, &str) = (
    "0001_leads",
    "CREATE SCHEMA app;\nCREATE TABLE app.leads (id int, phone text);\n\
     INSERT INTO app.leads VALUES (1, 'a'), (2, 'b');\n\
     SET search_path = app;\n\
     -- windlass: verify : every lead has a phone\n\
     SELECT NOT EXISTS (SELECT FROM leads WHERE phone IS NULL);\n\
     -- windlass: verify : there are few leads\n\
     SELECT count(*) < 100 FROM leads;",
);

#[tokio::test]
async fn verify_asks_again_and_shows_the_rows_in_the_way() {
    let project = Project::new(&[LEADS, ("0002_more", "CREATE TABLE other (a int);")]).await;
    project.upgrade(0).await;
    let fine = project.windlass(&["verify"]).run().await.expect(0);
    assert!(
        fine.stdout.contains("0001_leads line 6: true in"),
        "{}",
        fine.stdout
    );
    project
        .database
        .execute("UPDATE app.leads SET phone = NULL WHERE id = 2")
        .await;
    let bad = project.windlass(&["verify"]).run().await.expect(5);
    let shown: Vec<&str> = bad.stdout.lines().map(str::trim).collect();
    assert!(
        shown[0].starts_with("❌ 0001_leads line 6: not true"),
        "{shown:?}"
    );
    assert_eq!(shown[1..3], ["id  phone", "2   NULL"]);
    assert!(shown[3].starts_with("✅ 0001_leads line 8"), "{shown:?}");
    let json = project
        .windlass(&["verify", "0001", "--json"])
        .run()
        .await
        .expect(5);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).expect("it is JSON");
    assert_eq!(json["verifications"][0]["result"], "false");
    assert_eq!(
        json["verifications"][0]["offending_rows"]["rows"],
        serde_json::json!([["2", null]])
    );
    project
        .windlass(&["verify", "--except", "0001"])
        .run()
        .await
        .expect(0);
    project.database.execute("DROP TABLE app.leads").await;
    let gone = project.windlass(&["verify", "0001"]).run().await.expect(5);
    assert!(
        gone.stdout.contains("relation \"leads\" does not exist"),
        "{}",
        gone.stdout
    );
}

#[tokio::test]
async fn verify_refuses_what_is_not_applied_and_writes_nothing() {
    let project = Project::new(&[LEADS]).await;
    project.upgrade(0).await;
    project.write(
        "0002_v",
        "CREATE SEQUENCE s;\n-- windlass: verify : it counts\nSELECT nextval('s') > 0;",
    );
    let refused = project.windlass(&["verify", "0002"]).run().await.expect(2);
    assert!(
        refused.stderr.contains("0002_v is not applied here"),
        "{}",
        refused.stderr
    );
    project.upgrade(0).await;
    let finished = project.windlass(&["verify", "0002"]).run().await.expect(5);
    assert!(
        finished.stdout.contains("read-only transaction"),
        "{}",
        finished.stdout
    );
}

/// The findings of `doctor` as `question severity: message | act`.
async fn findings(project: &Project, url: &str, code: i32) -> Vec<String> {
    findings_with(project, url, &[], code).await
}

async fn findings_with(project: &Project, url: &str, args: &[&str], code: i32) -> Vec<String> {
    let finished = project
        .windlass(&["doctor", "--json"])
        .args(args)
        .env("DATABASE_URL", url)
        .run()
        .await
        .expect(code);
    let json: serde_json::Value = serde_json::from_str(&finished.stdout).expect("it is JSON");
    let text = |finding: &serde_json::Value, key: &str| finding[key].as_str().unwrap_or("").to_owned();
    json["findings"]
        .as_array()
        .expect("it is a list")
        .iter()
        .map(|finding| {
            format!(
                "{} {}: {} | {}",
                text(finding, "question"),
                text(finding, "severity"),
                text(finding, "message"),
                text(finding, "act")
            )
        })
        .collect()
}

fn assert_found(findings: &[String], parts: &[&str]) {
    assert!(
        findings
            .iter()
            .any(|finding| parts.iter().all(|part| finding.contains(part))),
        "{parts:?} in {findings:#?}"
    );
}

#[tokio::test]
async fn doctor_finds_what_is_in_the_way_and_names_the_command() {
    let server = Server::builder()
        .setting("max_locks_per_transaction", "10")
        .setting("max_connections", "20")
        .setting("max_prepared_transactions", "2")
        .setting("superuser_reserved_connections", "1")
        .start()
        .await;
    let project = Project::on(server, &[]).await;
    let database = &project.database;
    database
        .execute(
            "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1); \
             ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0) NOT VALID; \
             CREATE TABLE p (a int PRIMARY KEY) PARTITION BY RANGE (a)",
        )
        .await;
    database
        .execute(
            "DO $$ BEGIN FOR n IN 1..80 LOOP EXECUTE format('CREATE TABLE p%s PARTITION OF p FOR VALUES FROM (%s) TO (%s)', n, n, n + 1); COMMIT; END LOOP; END $$",
        )
        .await;
    let client = database.connect().await;
    assert!(
        client
            .batch_execute("CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)")
            .await
            .is_err()
    );
    database
        .execute("SELECT pg_create_physical_replication_slot('forgotten', true)")
        .await;
    let idle = Rival::hold(database, "BEGIN; LOCK TABLE t IN ACCESS SHARE MODE").await;
    let found = findings(&project, &database.url(), 0).await;
    assert_found(
        &found,
        &[
            "invalid-indexes warning: index t_a on t is INVALID",
            "REINDEX INDEX CONCURRENTLY t_a",
        ],
    );
    assert_found(
        &found,
        &[
            "not-valid-constraints note: constraint positive of t",
            "ALTER TABLE t VALIDATE CONSTRAINT positive",
        ],
    );
    assert_found(
        &found,
        &["slots warning", "SELECT pg_drop_replication_slot('forgotten')"],
    );
    assert_found(
        &found,
        &[
            "lock-table warning: a statement on p and its partitions takes 162 locks",
            "max_locks_per_transaction",
        ],
    );
    assert_found(
        &found,
        &["server warning: fsync is off", "ALTER SYSTEM SET fsync = on"],
    );
    let act = format!("SELECT pg_terminate_backend({})", idle.pid());
    assert!(
        !found.iter().any(|finding| finding.contains(&act)),
        "a transaction of a moment is no finding: {found:#?}"
    );
    database
        .execute("BEGIN; LOCK TABLE t IN ROW SHARE MODE; PREPARE TRANSACTION 'for ''got'")
        .await;
    let busy = Rival::run(database, "SELECT pg_sleep(60)").await;
    let found = findings_with(&project, &database.url(), &["--patience", "0s"], 0).await;
    assert_found(&found, &["idle-in-transaction warning", "holding t;", &act]);
    assert_found(
        &found,
        &["prepared-transactions warning", "ROLLBACK PREPARED 'for ''got'"],
    );
    let cancel = format!("SELECT pg_cancel_backend({})", busy.pid());
    assert_found(
        &found,
        &["long-transactions warning", "SELECT pg_sleep(60)", &cancel],
    );
    busy.cancel().await;
    idle.release().await;

    database
        .execute("ALTER SYSTEM SET synchronous_standby_names = 'nope'; ")
        .await;
    database.execute("SELECT pg_reload_conf()").await;
    database
        .wait_for_text("SHOW synchronous_standby_names", |names| names == "nope")
        .await;
    let found = findings(&project, &database.url(), 1).await;
    assert_found(
        &found,
        &["synchronous problem: synchronous_standby_names is 'nope'"],
    );
}

#[tokio::test]
async fn doctor_says_what_a_plain_role_cannot_see_and_may_not_do() {
    let project = Project::new(&[]).await;
    let role = project.database.create_role("").await;
    let found = findings(&project, &project.database.url_for(&role), 1).await;
    assert_found(
        &found,
        &[
            "privileges problem",
            "may not create the journal",
            &format!("GRANT CREATE ON DATABASE {} TO {role}", project.database.name()),
        ],
    );
    assert_found(
        &found,
        &["privileges unseen: state, transaction age", "GRANT pg_monitor TO"],
    );
    project
        .database
        .execute(&format!("GRANT pg_monitor TO {role}"))
        .await;
    let found = findings(&project, &project.database.url_for(&role), 1).await;
    assert!(
        !found.iter().any(|finding| finding.contains("unseen")),
        "{found:#?}"
    );
}

#[tokio::test]
async fn doctor_treats_a_closed_door_as_a_finding() {
    let project = Project::new(&[]).await;
    let found = findings(&project, "postgresql://postgres:s3cret@127.0.0.1:1/x", 1).await;
    assert_found(&found, &["connection problem"]);
    assert!(!found[0].contains("s3cret"), "{found:#?}");
    project
        .database
        .execute(&format!(
            "ALTER DATABASE {} SET default_transaction_read_only = on",
            project.database.name()
        ))
        .await;
    let found = findings(&project, &project.database.url(), 1).await;
    assert_found(
        &found,
        &["server problem: transactions are read-only", "ALTER DATABASE"],
    );
}

#[tokio::test]
async fn a_report_tells_what_ran_how_long_and_with_which_trouble() {
    let project = Project::new(&[
        (
            "0001_t",
            "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t SELECT g, g / 2 FROM generate_series(1, 10) g;",
        ),
        (
            "0002_w",
            "-- windlass: best-effort\nCREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a);\nSELECT pg_sleep(0.2);",
        ),
        (
            "0003_b",
            "-- windlass: backfill fill on t batch=4\nUPDATE t SET a = 1;",
        ),
    ])
    .await;
    let nothing = project.windlass(&["history", "--report"]).run().await.expect(0);
    assert!(nothing.stdout.contains("no run had anything to do"));
    project.upgrade(0).await;
    project.write("0004_x", "SELECT 1 / 0;");
    project.upgrade(1).await;
    let json = project
        .windlass(&["history", "--report", "json"])
        .run()
        .await
        .expect(0);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).expect("it is JSON");
    let runs = json["runs"].as_array().expect("it is a list");
    assert_eq!(runs[0]["result"], "failed");
    assert!(
        runs[0]["error"]
            .as_str()
            .is_some_and(|error| error.contains("division by zero")),
        "{}",
        runs[0]
    );
    assert_eq!(runs[1]["result"], "applied");
    assert_eq!(
        runs[1]["changes"],
        serde_json::json!(["applied 0001_t", "applied 0002_w", "applied 0003_b"])
    );
    let steps = runs[1]["steps"].as_array().expect("it is a list");
    let of = |title: &str| {
        steps
            .iter()
            .find(|step| step["title"].as_str().is_some_and(|text| text.contains(title)))
            .unwrap_or_else(|| panic!("{title} in {steps:#?}"))
    };
    assert_eq!(of("UNIQUE INDEX")["state"], "skipped");
    assert!(
        of("pg_sleep")["took_ms"].as_u64().is_some_and(|took| took >= 200),
        "{steps:#?}"
    );
    assert_eq!(of("UPDATE t")["rows"], 10);
    let text = project.windlass(&["history", "--report"]).run().await.expect(0);
    assert!(text.stdout.contains("skipped"), "{}", text.stdout);
    let markdown = project
        .windlass(&["history", "--report", "markdown", "--last", "1"])
        .run()
        .await
        .expect(0);
    assert!(
        markdown.stdout.contains("**Error:**") && !markdown.stdout.contains("UNIQUE"),
        "{}",
        markdown.stdout
    );
}

#[tokio::test]
async fn the_manual_has_a_page_for_each_command_with_its_examples() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    windlass_testkit::Command::new(env!("CARGO_BIN_EXE_windlass"))
        .arg("man")
        .arg(folder.path().join("man1"))
        .run()
        .await
        .expect(0);
    for name in crate::project::commands().await {
        let path = folder.path().join(format!("man1/windlass-{name}.1"));
        let page =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(
            page.contains(".SH NAME") && page.contains(".SH OPTIONS"),
            "{page}"
        );
    }
    let upgrade =
        std::fs::read_to_string(folder.path().join("man1/windlass-upgrade.1")).expect("it is there");
    assert!(upgrade.contains("windlass upgrade +1"), "{upgrade}");
}
