//! What directives and profiles ask of a run, and what a downgrade asks before it takes something away.

use windlass_testkit::{Command, Rival};

use crate::project::{Ended, Project};

const TABLE: (&str, &str) = (
    "0001_t",
    "CREATE TABLE t (id int PRIMARY KEY, a int);\nINSERT INTO t SELECT g, nullif(g % 5, 0) FROM generate_series(1, 50) g;",
);

#[track_caller]
fn assert_said(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

#[tokio::test]
async fn a_revision_for_another_environment_is_recorded_and_not_run() {
    const ONLY: (&str, &str) = (
        "0002_only",
        "-- windlass: only env production\n-- windlass: only env canary\nCREATE TABLE only_there (a int);",
    );
    let revisions = [TABLE, ONLY, ("0003_u", "CREATE TABLE u (a int);")];
    let project = Project::new(&revisions).await;
    // Nobody said which environment it is: neither guess is safe.
    let unsaid = project.upgrade(2).await;
    assert_said(
        &unsaid.stderr,
        &["only for env production, canary", "help: say it: --env NAME"],
    );
    let plan = project
        .windlass(&["plan", "--env", "staging"])
        .run()
        .await
        .expect(0);
    let said = plan.stdout + &plan.stderr;
    assert_said(&said, &["in staging it is recorded and not run"]);
    let staging = project
        .windlass(&["upgrade", "--env", "staging"])
        .run()
        .await
        .expect(0);
    assert_said(
        &staging.stderr,
        &["0002_only is only for env production, canary: in staging it is recorded and not run"],
    );
    assert_eq!(project.one("SELECT to_regclass('only_there')").await, "NULL");
    assert_eq!(project.applied().await.len(), 3);
    assert_eq!(
        project
            .one("SELECT action || ': ' || detail FROM windlass.history WHERE revision_id = '0002_only'")
            .await,
        "stamped: 0002_only is only for env production, canary: in staging it is recorded and not run"
    );
    // It has nothing to revert either, so it needs no down script.
    project.write("0003_u.down", "DROP TABLE u;");
    project
        .windlass(&["downgrade", "0001_t", "--env", "staging", "--allow-data-loss"])
        .run()
        .await
        .expect(0);
    assert_eq!(project.applied().await, ["0001_t"]);

    let production = Project::new(&revisions).await;
    production
        .windlass(&["upgrade", "--env", "production"])
        .run()
        .await
        .expect(0);
    assert_eq!(
        production.one("SELECT to_regclass('only_there')").await,
        "only_there"
    );
}

/// A project whose last revision takes something of each kind away.
async fn lossy() -> Project {
    let project = Project::new(&[
        TABLE,
        ("0002_u", "CREATE SCHEMA s; CREATE TABLE s.v (a int); INSERT INTO s.v VALUES (1); CREATE TABLE \"U u\" (a int);"),
        (
            "0002_u.down",
            "DROP TABLE \"U u\";\nALTER TABLE t DROP COLUMN a, ADD b int;\nDELETE FROM t USING generate_series(1, 2) g WHERE t.id <= 3;\n\
             DROP SCHEMA s CASCADE;\nALTER TABLE t ADD c int;",
        ),
    ])
    .await;
    project.upgrade(0).await;
    project
        .database
        .execute("INSERT INTO \"U u\" SELECT generate_series(1, 7)")
        .await;
    project
}

const LOSSES: &[&str] = &[
    "0002_u: DROP TABLE \"U u\": 7 rows of \"U u\"",
    "0002_u: ALTER TABLE t DROP COLUMN a, ADD b int: 40 values of t.a",
    "0002_u: DELETE FROM t USING generate_series(1, 2) g WHERE t.id <= 3: 3 rows of t",
    "0002_u: DROP SCHEMA s CASCADE: 1 row of s.v",
];

#[tokio::test]
async fn a_downgrade_says_exactly_what_goes_with_it() {
    let project = lossy().await;
    let refused = project.windlass(&["downgrade", "-1"]).run().await.expect(4);
    assert_said(&refused.stderr, LOSSES);
    assert_said(
        &refused.stderr,
        &["the downgrade would lose data", "--allow-data-loss"],
    );
    assert!(!refused.stderr.contains("ADD c"), "{}", refused.stderr);
    let allowed = project
        .windlass(&["downgrade", "-1", "--allow-data-loss"])
        .run()
        .await
        .expect(0);
    assert_said(&allowed.stderr, LOSSES);
    assert_eq!(project.one("SELECT count(*) FROM t").await, "47");
}

#[tokio::test]
async fn a_terminal_is_asked_before_anything_is_lost() {
    let project = lossy().await;
    // util-linux's `script` runs a command on a terminal of its own.
    let on_terminal = |answer: &str| {
        let line = format!("'{}' downgrade -1", env!("CARGO_BIN_EXE_windlass"));
        Command::new("script")
            .current_dir(project.folder())
            .env("DATABASE_URL", project.database.url())
            .args(["-qec", &line, "/dev/null"])
            .stdin(answer)
    };
    if std::process::Command::new("script")
        .arg("--version")
        .output()
        .is_err()
    {
        eprintln!("skipped: no `script` to make a terminal with");
        return;
    }
    let no = on_terminal("n\n").run().await.expect(4);
    assert_said(&no.stdout, LOSSES);
    assert_said(
        &no.stdout,
        &["go on? [y/N]", "not reverted, as answered; nothing was changed"],
    );
    assert_eq!(project.one("SELECT count(*) FROM t").await, "50");
    on_terminal("y\n").run().await.expect(0);
    assert_eq!(project.one("SELECT count(*) FROM t").await, "47");
}

#[tokio::test]
async fn a_downgrade_cancels_the_background_job_of_what_it_reverts() {
    let project = Project::new(&[
        TABLE,
        (
            "0002_b",
            "-- windlass: backfill b on t deferred\nUPDATE t SET a = 0 WHERE a <> 0;",
        ),
        ("0002_b.down", "SELECT 1;"),
    ])
    .await;
    project.upgrade(0).await;
    assert_eq!(
        project.one("SELECT state FROM windlass.backfill").await,
        "running"
    );
    let reverted = project
        .windlass(&["downgrade", "-1", "--allow-data-loss"])
        .run()
        .await
        .expect(0);
    assert_said(&reverted.stderr, &["backfill b of 0002_b is cancelled"]);
    assert_eq!(project.one("SELECT count(*) FROM windlass.backfill").await, "0");
}

#[tokio::test]
async fn with_services_stopped_whoever_is_still_there_is_named_and_waited_for() {
    let project = Project::new(&[TABLE]).await;
    project.upgrade(0).await;
    project.write("0002_c", "ALTER TABLE t ADD c int;");
    let idle = Rival::hold(&project.database, "SELECT 1").await;
    let busy = Rival::hold(&project.database, "BEGIN; SELECT 1").await;
    let busy_is = format!("pid {}", busy.pid());
    let maintenance = ["upgrade", "--set", "profile=maintenance", "--set"];
    let refused = project
        .windlass(&[&maintenance[..], &["quiesce_timeout=200ms"]].concat())
        .run()
        .await
        .expect(3);
    assert_said(
        &refused.stderr,
        &[
            "still connected: 2",
            &format!("pid {}", idle.pid()),
            "1 session has an open transaction after 200ms (quiesce_timeout)",
            &busy_is,
            "hint: stop the services, or end these sessions",
        ],
    );
    assert_eq!(project.applied().await, ["0001_t"]);
    // Who asked that was connected as well, and a session outlives its connection by a moment.
    let asking = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND application_name = 'windlass-testkit'",
        project.database.name()
    );
    let others = project.server.existing("postgres");
    others.wait_for(&asking, |count| count == 0).await;
    let mut running = project
        .windlass(&[&maintenance[..], &["quiesce_timeout=30s"]].concat())
        .spawn();
    running.wait_for_output("still connected: 2").await;
    busy.release().await;
    running.finish().await.expect(0);
    assert_eq!(project.applied().await.len(), 2);
}

#[tokio::test]
async fn a_directive_that_loosens_the_budget_is_told_before_anything_runs() {
    let project = Project::new(&[
        TABLE,
        (
            "0002_u",
            "CREATE TABLE u (a int);\nVACUUM u;\n\n-- windlass: stall-budget 10s\n  ALTER TABLE t ADD b int;",
        ),
        ("0003_v", "-- windlass: lock-timeout 5s\nALTER TABLE t ADD c int;"),
    ])
    .await;
    let refused = project.upgrade(2).await;
    assert_said(
        &refused.stderr,
        &[
            "0002_u.sql:5:3",
            "not loosen it to 10s",
            "0003_v.sql:2:1",
            "`lock-timeout` is 5s, more than half",
        ],
    );
    assert_eq!(project.one("SELECT to_regclass('t')").await, "NULL");
    project.windlass(&["plan"]).run().await.expect(2);
}

#[tokio::test]
async fn an_allow_that_names_no_rule_is_told_wherever_it_runs() {
    let project = Project::new(&[
        TABLE,
        (
            "0002_u",
            "CREATE TABLE u (a int);\n\n-- windlass: allow blocking-index-bild because it is small\nCREATE INDEX u_a ON u (a);",
        ),
    ])
    .await;
    let said = [
        "migrations/0002_u.sql:4:1",
        "`allow blocking-index-bild`: no rule has this name",
        "did you mean `blocking-index-build`?",
    ];
    let plan = project.windlass(&["plan"]).run().await.expect(0);
    assert_said(&(plan.stdout + &plan.stderr), &said);
    let off = project
        .windlass(&["upgrade", "+1", "--set", "safety=off"])
        .run()
        .await
        .expect(0);
    assert!(!off.stderr.contains("allow"), "{}", off.stderr);
    let upgrade = project.upgrade(0).await;
    assert_said(&upgrade.stderr, &said);
    assert_eq!(upgrade.stderr.matches("no rule has this name").count(), 1);
}

#[tokio::test]
async fn a_revision_that_writes_to_the_journal_is_refused_before_anything_runs() {
    let project = Project::new(&[
        TABLE,
        (
            "0002_sly",
            "CREATE TABLE u (a int);\nUPDATE windlass.revision SET state = 'applied';",
        ),
        ("0002_sly.down", "DROP TABLE u;\nDELETE FROM windlass.revision;"),
    ])
    .await;
    let refused = project.upgrade(2).await;
    assert_said(
        &refused.stderr,
        &[
            "migrations/0002_sly.sql:2:1",
            "windlass.revision is the journal's own",
        ],
    );
    assert_eq!(project.one("SELECT to_regclass('t')").await, "NULL");
    project.write(
        "0002_sly",
        "CREATE TABLE u (a int);\nCREATE VIEW v AS SELECT * FROM windlass.revision;",
    );
    project.upgrade(0).await;
    let refused = project
        .windlass(&["downgrade", "-1", "--allow-data-loss"])
        .run()
        .await
        .expect(2);
    assert_said(
        &refused.stderr,
        &[
            "migrations/0002_sly.down.sql:2:1",
            "windlass.revision is the journal's own",
        ],
    );
    assert_eq!(project.applied().await, ["0001_t", "0002_sly"]);
}

#[tokio::test]
async fn a_protected_table_that_nobody_has_or_makes_is_told_before_anything_runs() {
    let project = Project::new(&[("0001_t", "CREATE TABLE leads (id int PRIMARY KEY);")]).await;
    project.upgrade(0).await;
    // Tables that this directory makes, also later on, are no mistake.
    project.write(
        "0002_u",
        "-- windlass: protect calls\n-- windlass: protect leads\nCREATE TABLE u (a int);",
    );
    project.write("0003_calls", "CREATE TABLE calls (id int PRIMARY KEY);");
    let fine = project.windlass(&["upgrade", "+1"]).run().await.expect(0);
    assert!(!fine.stderr.contains("`protect"), "{}", fine.stderr);
    project.write("0004_v", "CREATE TABLE v (a int);\n");
    project.write(
        "0005_loss",
        "-- windlass: label loss\n-- windlass: protect leeds\nDELETE FROM leads;",
    );
    let refused = project.upgrade(2).await;
    assert_said(
        &refused.stderr,
        &[
            "migrations/0005_loss.sql:2:1",
            "`protect leeds`: there is no table leeds",
            "did you mean `leads`?",
        ],
    );
    assert_eq!(project.applied().await, ["0001_t", "0002_u"]);
    // What runs may make it unseen: then it is only told.
    project.write(
        "0004_v",
        "DO $$ BEGIN EXECUTE 'CREATE TABLE ' || 'lee' || 'ds (a int)'; END $$;\n",
    );
    let told = project.upgrade(0).await;
    assert_said(&told.stderr, &["0005_loss.sql:2:1", "there is no table leeds"]);
}

#[tokio::test]
async fn a_configured_table_that_nobody_has_or_makes_is_told_and_stops_nothing() {
    let project = Project::new(&[("0001_t", "CREATE TABLE leads (id int PRIMARY KEY);")]).await;
    let protect = "protect = [\"leeds\", \"leads\", \"calls\", \"billing.*\"]\n";
    std::fs::write(project.folder().join("windlass.toml"), protect).expect("a file can be written");
    project.write("0002_calls", "CREATE TABLE calls (id int PRIMARY KEY);");
    let told = project.windlass(&["upgrade", "+1"]).run().await.expect(0);
    assert_said(
        &told.stderr,
        &["windlass.toml:1: `protect`: there is no table leeds"],
    );
    assert_said(&told.stderr, &["`protect`: there is no schema billing"]);
    for fine in ["table leads", "table calls"] {
        assert!(!told.stderr.contains(fine), "{}", told.stderr);
    }
    let told = project.upgrade(0).await;
    assert_said(&told.stderr, &["did you mean `leads`?"]);
    let nothing = project.upgrade(0).await;
    assert!(!nothing.stderr.contains("protect"), "{}", nothing.stderr);
}
