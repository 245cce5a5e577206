//! `windlass check`: each check fails for its reason, with its code and with what to do next.

use std::fs;

use serde_json::Value;

use crate::project::{Ended, Project};

const REVISIONS: [(&str, &str); 2] = [
    (
        "0001_leads",
        "CREATE TABLE leads (id int PRIMARY KEY, phone text);\nCREATE INDEX leads_phone ON leads (phone);",
    ),
    (
        "0002_calls",
        "CREATE TABLE calls (id int PRIMARY KEY, lead_id int);",
    ),
];

/// `windlass check --json` with these arguments and this exit code.
async fn check(project: &Project, args: &[&str], code: i32) -> Value {
    let args: Vec<&str> = ["check", "--json"].iter().chain(args).copied().collect();
    let finished = project.windlass(&args).run().await.expect(code);
    serde_json::from_str(&finished.stdout).expect("it is JSON")
}

/// The answer of one check.
fn of<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let checks = answer["checks"].as_array().expect("a list of checks");
    let found = checks.iter().find(|check| check["name"] == name);
    found.unwrap_or_else(|| panic!("{name}: {answer:#}"))
}

/// All that a check says, in one text.
fn words(answer: &Value, name: &str) -> String {
    of(answer, name).to_string().replace("\\n", "\n")
}

/// The names of the checks that failed.
fn failed(answer: &Value) -> Vec<&str> {
    let checks = answer["checks"].as_array().expect("a list of checks");
    let failed = checks.iter().filter(|check| check["result"] == "failed");
    failed
        .map(|check| check["name"].as_str().expect("a name"))
        .collect()
}

#[tokio::test]
async fn a_database_as_its_files_say_passes() {
    let project = Project::new(&REVISIONS).await;
    project.upgrade(0).await;
    let answer = check(&project, &[], 0).await;
    assert_eq!(answer["result"], "passed");
    assert_eq!(failed(&answer), Vec::<&str>::new());
    assert_eq!(answer["checks"].as_array().map(Vec::len), Some(11));
    let text = project
        .windlass(&["check", "--skip", "drift"])
        .run()
        .await
        .expect(0);
    assert!(
        text.stdout.contains("✅ history: 2 applied as the files say\n"),
        "{}",
        text.stdout
    );
    assert!(text.stdout.ends_with("✅ 10 checks\n"), "{}", text.stdout);
}

#[tokio::test]
async fn what_is_pending_is_8_and_other_failures_come_before_it() {
    let project = Project::new(&REVISIONS).await;
    project.windlass(&["upgrade", "+1"]).run().await.expect(0);
    let answer = check(&project, &[], 8).await;
    assert_eq!(failed(&answer), ["pending"]);
    assert_eq!(of(&answer, "pending")["details"][0], "0002_calls");
    check(&project, &["--skip", "pending"], 0).await;
    project.database.execute("CREATE TABLE theirs (a int)").await;
    let answer = check(&project, &[], 6).await;
    assert_eq!(failed(&answer), ["pending", "drift"]);
}

#[tokio::test]
async fn drift_is_shown_object_by_object() {
    let project = Project::new(&REVISIONS).await;
    project.upgrade(0).await;
    project
        .database
        .execute(
            "ALTER TABLE leads ALTER phone TYPE varchar(20), ADD hot boolean; DROP INDEX leads_phone; CREATE VIEW who AS SELECT id FROM calls;
             CREATE SCHEMA monitoring; CREATE TABLE monitoring.probes (a int)",
        )
        .await;
    let answer = check(&project, &["--only", "drift"], 6).await;
    let words = words(&answer, "drift");
    for part in [
        "5 objects",
        "table public.leads: - the revisions, + the database\n",
        "\n  -     phone text",
        "\n  +     phone character varying(20)",
        "index public.leads_phone: only in the revisions",
        "view public.who: only in the database",
        "table monitoring.probes: only in the database",
        "write a revision",
    ] {
        assert!(words.contains(part), "{part}\n{words}");
    }
    let ignoring = [
        "--only",
        "drift",
        "--ignore",
        "* monitoring*",
        "--ignore",
        "* public.*",
    ];
    let answer = check(&project, &ignoring, 0).await;
    assert!(words_of_summary(&answer, "drift").contains("5 ignored"));
    fs::write(
        project.folder().join("windlass.toml"),
        "[check]\nignore = [\"* monitoring*\", \"* public.*\"]\n",
    )
    .expect("a file can be written");
    check(&project, &["--only", "drift"], 0).await;
}

fn words_of_summary(answer: &Value, name: &str) -> String {
    of(answer, name)["summary"]
        .as_str()
        .expect("a sentence")
        .to_owned()
}

#[tokio::test]
async fn a_squash_and_what_it_replaces_are_no_drift() {
    let project = Project::new(&REVISIONS).await;
    project.upgrade(0).await;
    project
        .windlass(&["squash", "0001..0002", "-m", "both"])
        .run()
        .await
        .expect(0);
    let answer = check(&project, &["--skip", "lock"], 0).await;
    assert_eq!(failed(&answer), Vec::<&str>::new());
}

#[tokio::test]
async fn remains_and_unvalidated_constraints_are_5_with_what_mends_them() {
    let project = Project::new(&REVISIONS).await;
    project.upgrade(0).await;
    project
        .database
        .execute(
            "INSERT INTO calls VALUES (1, 1), (2, 1); ALTER TABLE calls ADD CONSTRAINT known CHECK (lead_id > 1) NOT VALID;
             CREATE DOMAIN small AS int; ALTER DOMAIN small ADD CONSTRAINT tiny CHECK (value < 3) NOT VALID",
        )
        .await;
    let build = "CREATE UNIQUE INDEX CONCURRENTLY calls_lead ON calls (lead_id)";
    let error = project.database.try_execute(build).await;
    assert!(error.is_err(), "the rows are no unique ones");
    let answer = check(&project, &["--skip", "drift"], 5).await;
    assert_eq!(failed(&answer), ["constraints", "indexes"]);
    let constraints = words(&answer, "constraints");
    assert!(
        constraints.contains("known of public.calls: ALTER TABLE public.calls VALIDATE CONSTRAINT known;"),
        "{constraints}"
    );
    assert!(
        constraints.contains("ALTER DOMAIN public.small VALIDATE CONSTRAINT tiny;"),
        "{constraints}"
    );
    let indexes = words(&answer, "indexes");
    assert!(
        indexes.contains("public.calls_lead of public.calls: REINDEX INDEX CONCURRENTLY public.calls_lead;"),
        "{indexes}"
    );
}

#[tokio::test]
async fn edited_and_unknown_revisions_are_6() {
    let project = Project::new(&REVISIONS).await;
    project.upgrade(0).await;
    project.write(
        "0002_calls",
        "CREATE TABLE calls (id int PRIMARY KEY, lead_id bigint);",
    );
    let answer = check(&project, &["--only", "history"], 6).await;
    assert!(words(&answer, "history").contains("0002_calls: edited after it was applied"));
    project.remove("0002_calls");
    project.write(
        "0003_other",
        "-- windlass: after 0001_leads\n\nCREATE TABLE other (a int);",
    );
    let answer = check(&project, &["--only", "history,drift"], 6).await;
    assert!(words(&answer, "history").contains("0002_calls: in the database, not in this directory"));
    assert!(words(&answer, "drift").contains("cannot be compared"));
}

#[tokio::test]
async fn a_down_file_has_to_undo_and_to_leave_a_way_up() {
    let project = Project::new(&REVISIONS).await;
    project.upgrade(0).await;
    project.write("0003_good", "ALTER TABLE leads ADD hot boolean, DROP phone;");
    project.write(
        "0003_good.down",
        "ALTER TABLE leads DROP hot, ADD phone text;\nCREATE INDEX leads_phone ON leads (phone);",
    );
    project.write("0004_forgets", "CREATE TABLE a (i int);\nCREATE TABLE b (i int);");
    project.write("0004_forgets.down", "DROP TABLE a;");
    project.write("0005_breaks", "CREATE TABLE c (i int);");
    project.write("0005_breaks.down", "DROP TABLE nothing;");
    project.write("0006_role", "CREATE ROLE of_check_down;\nCREATE TABLE d (i int);");
    project.write("0006_role.down", "DROP TABLE d;");
    project.write("0007_fine", "CREATE TABLE e (i int);");
    project.write("0007_fine.down", "DROP TABLE e;");
    let answer = check(&project, &["--only", "down"], 5).await;
    let words = words(&answer, "down");
    for part in [
        "3 revisions cannot be undone",
        "0004_forgets: down does not leave what up found\ntable public.b: only in after",
        "0005_breaks: its down file fails: ",
        "0006_role: it cannot go up again: ",
    ] {
        assert!(words.contains(part), "{part}\n{words}");
    }
    assert!(
        !words.contains("0003_good") && !words.contains("0007_fine"),
        "{words}"
    );
    for name in ["0004_forgets", "0005_breaks", "0006_role"] {
        project.remove(&format!("{name}.down"));
    }
    let answer = check(&project, &["--only", "down"], 0).await;
    assert_eq!(
        words_of_summary(&answer, "down"),
        "2 revisions go down and up again; 3 have no down file"
    );
    project.upgrade(0).await;
    let answer = check(&project, &["--only", "down"], 0).await;
    assert_eq!(words_of_summary(&answer, "down"), "nothing to undo");
    let answer = check(&project, &["--only", "down", "--all"], 0).await;
    assert_eq!(
        words_of_summary(&answer, "down"),
        "2 revisions go down and up again; 5 have no down file"
    );
}

#[tokio::test]
async fn lint_looks_at_what_is_pending() {
    let project = Project::new(&REVISIONS).await;
    project.upgrade(0).await;
    project.write("0003_bad", "ALTER TABLE leads_phone RENAME TO phones;");
    let answer = check(&project, &["--only", "lint"], 4).await;
    let words = words(&answer, "lint");
    assert!(
        words.contains("index-renamed-as-table") && words.contains("windlass fix"),
        "{words}"
    );
    project.upgrade(0).await;
    check(&project, &["--only", "lint"], 0).await;
    check(&project, &["--only", "lint", "--all"], 4).await;
}

#[tokio::test]
async fn a_schema_file_that_is_old_is_6() {
    let project = Project::new(&REVISIONS).await;
    fs::write(
        project.folder().join("windlass.toml"),
        "schema_file = \"schema.sql\"\n",
    )
    .expect("a file can be written");
    project.windlass(&["upgrade", "--replay"]).run().await.expect(0);
    let answer = check(&project, &["--only", "baseline"], 6).await;
    assert!(words(&answer, "baseline").contains("`windlass snapshot` writes it"));
    project.windlass(&["snapshot"]).run().await.expect(0);
    check(&project, &["--only", "baseline"], 0).await;
    let path = project.folder().join("schema.sql");
    let text = fs::read_to_string(&path).expect("the snapshot is there");
    fs::write(&path, text.replace("phone text", "phone varchar")).expect("a file can be written");
    let answer = check(&project, &["--only", "baseline"], 6).await;
    let words = words(&answer, "baseline");
    assert!(
        words.contains("table public.leads: - the revisions, + the file\n"),
        "{words}"
    );
    assert!(words.contains("+     phone character varying"), "{words}");
}

#[tokio::test]
async fn open_backfills_count_where_completeness_is_asked() {
    let project = Project::new(&REVISIONS).await;
    project.upgrade(0).await;
    project
        .database
        .execute("INSERT INTO leads SELECT i FROM generate_series(1, 10) AS i")
        .await;
    project.write(
        "0003_fill",
        "-- windlass: backfill fill on leads deferred\nUPDATE leads SET phone = 'x' WHERE phone IS NULL;",
    );
    project.upgrade(0).await;
    check(&project, &["--only", "backfills"], 0).await;
    let answer = check(&project, &["--complete"], 8).await;
    assert_eq!(failed(&answer), ["backfills"]);
    project
        .windlass(&["backfill", "run", "fill"])
        .run()
        .await
        .expect(0);
    check(&project, &["--complete"], 0).await;
}

#[tokio::test]
async fn without_a_database_the_files_are_checked() {
    let project = Project::new(&REVISIONS).await;
    project.write("0002_calls.down", "DROP TABLE calls;");
    let offline = |args: &[&str]| {
        let command = project.windlass(&["check", "--json"]);
        command.args(args).env("DATABASE_URL", "").env("PGHOST", "")
    };
    let finished = offline(&["--offline"]).run().await.expect(0);
    let answer: Value = serde_json::from_str(&finished.stdout).expect("it is JSON");
    assert_eq!(of(&answer, "pending")["result"], "skipped");
    assert_eq!(
        words_of_summary(&answer, "down"),
        "1 revision goes down and up again; 1 has no down file"
    );
    let refused = offline(&[]).run().await.expect(2);
    assert!(refused.stderr.contains("--offline"), "{}", refused.stderr);
    project.write(
        "0003_other",
        "-- windlass: after 0001_leads\n\nCREATE TABLE other (a int);",
    );
    let finished = offline(&["--offline", "--only", "heads,lint"])
        .run()
        .await
        .expect(6);
    let answer: Value = serde_json::from_str(&finished.stdout).expect("it is JSON");
    assert!(words(&answer, "heads").contains("windlass merge"));
}
