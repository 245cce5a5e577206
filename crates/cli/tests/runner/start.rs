//! Starting an application: `wait`, `windlass.lock`, and `exec`, which becomes the application.

use std::fs;

use windlass_testkit::Command;

use crate::project::{Ended, Project};

const TABLE: (&str, &str) = ("0001_t", "CREATE TABLE t (a int);");
const COLUMN: (&str, &str) = ("0002_c", "ALTER TABLE t ADD COLUMN b int;");

/// `windlass exec … -- sh -c SCRIPT`.
fn exec(project: &Project, options: &[&str], script: &str) -> Command {
    let args = [&["exec"], options, &["--", "sh", "-c", script]].concat();
    project.windlass(&args)
}

#[tokio::test]
async fn wait_ends_when_another_process_has_upgraded() {
    let project = Project::new(&[TABLE, COLUMN]).await;
    let mut waiting = project.windlass(&["wait"]).spawn();
    waiting
        .wait_for_output("waiting for head (0002_c): pending: 0001_t, 0002_c")
        .await;
    project.upgrade(0).await;
    let ended = waiting.finish().await.expect(0);
    assert_eq!(
        ended.stderr.matches("waiting for").count(),
        1,
        "it is quiet:\n{}",
        ended.stderr
    );
}

#[tokio::test]
async fn wait_gives_up_with_the_reason() {
    let project = Project::new(&[TABLE, ("0002_bad", "SELECT 1/0;")]).await;
    let ended = project
        .windlass(&["wait", "--timeout", "0s"])
        .run()
        .await
        .expect(8);
    assert!(
        ended.stderr.contains("pending: 0001_t, 0002_bad"),
        "{}",
        ended.stderr
    );
    project.upgrade(1).await;
    let ended = project
        .windlass(&["wait", "--timeout", "0s", "--json"])
        .run()
        .await
        .expect(8);
    assert!(ended.stderr.contains("the last run failed: "), "{}", ended.stderr);
    assert!(ended.stderr.contains("division by zero"), "{}", ended.stderr);
    assert!(
        ended.stdout.contains("\"result\": \"pending\""),
        "{}",
        ended.stdout
    );
}

#[tokio::test]
async fn an_image_without_migrations_waits_by_the_lock_file() {
    let project = Project::new(&[TABLE, COLUMN]).await;
    project.windlass(&["lock"]).run().await.expect(0);
    let image = tempfile::TempDir::new().expect("a folder can be made");
    fs::copy(
        project.folder().join("windlass.lock"),
        image.path().join("windlass.lock"),
    )
    .expect("it is there");
    let wait = || {
        project
            .windlass(&["wait", "--timeout", "0s"])
            .current_dir(image.path())
    };

    let ended = wait().run().await.expect(8);
    assert!(ended.stderr.contains("pending: 0002_c"), "{}", ended.stderr);
    project.windlass(&["upgrade", "+1"]).run().await.expect(0);
    wait().run().await.expect(8);
    project.upgrade(0).await;
    wait().run().await.expect(0);

    project.write("0003_d", "ALTER TABLE t ADD COLUMN d int;");
    project.upgrade(0).await;
    let ended = wait().run().await.expect(0);
    assert!(
        ended.stderr.contains("the database is ahead: it has 0003_d"),
        "{}",
        ended.stderr
    );
    wait().arg("--strict").run().await.expect(6);
}

#[tokio::test]
async fn a_lock_file_of_another_content_is_no_match() {
    let project = Project::new(&[TABLE]).await;
    project.upgrade(0).await;
    let lock = project.folder().join("windlass.lock");
    let text = fs::read_to_string(&lock).expect("`upgrade` wrote it");
    project.windlass(&["lock", "--check"]).run().await.expect(0);
    let checksum = text
        .split("sha256v1:")
        .nth(1)
        .expect("it holds a checksum")
        .to_owned();
    fs::write(&lock, text.replace(&checksum[..8], "00000000")).expect("a file can be written");
    project.windlass(&["lock", "--check"]).run().await.expect(8);
    let ended = project.windlass(&["wait", "--for", "lock"]).run().await.expect(6);
    assert!(
        ended.stderr.contains("applied with another content"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn wait_knows_revisions_reachability_and_backfills() {
    let project = Project::new(&[
        TABLE,
        (
            "0002_k",
            "CREATE TABLE k (id int PRIMARY KEY, a int); INSERT INTO k VALUES (1);",
        ),
        (
            "0003_b",
            "-- windlass: backfill fill on k\nUPDATE k SET a = 1 WHERE a IS NULL;",
        ),
    ])
    .await;
    let wait = |goal: &[&str]| project.windlass(&[&["wait", "--timeout", "0s", "--for"], goal].concat());
    wait(&["reachable"]).run().await.expect(0);
    wait(&["0001"]).run().await.expect(8);
    wait(&["0009"]).run().await.expect(2);
    wait(&["backfill", "fill"]).run().await.expect(8);
    wait(&["backfill"]).run().await.expect(2);
    project.upgrade(0).await;
    wait(&["0001"]).run().await.expect(0);
    wait(&["backfill", "fill"]).run().await.expect(0);
    wait(&["reachable"])
        .env("DATABASE_URL", "postgresql://127.0.0.1:1/none?connect_timeout=1")
        .run()
        .await
        .expect(1);
}

#[tokio::test]
async fn exec_upgrades_and_becomes_the_command() {
    let project = Project::new(&[TABLE]).await;
    let mut child = exec(&project, &[], "echo \"I am $$\"; exec sleep 60").spawn();
    child.wait_for_output("I am ").await;
    // The same process: what signals windlass signals the command.
    assert!(child.stdout_so_far().contains(&format!("I am {}\n", child.pid())));
    assert_eq!(project.applied().await, ["0001_t"]);
    child.sigterm();
    assert_eq!(child.finish().await.signal, Some(15));
    exec(&project, &[], "exit 42").run().await.expect(42);
    // Nothing of windlass stays connected.
    project
        .database
        .wait_for_text(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name IN ('windlass', 'windlass work')",
            |found| found == "0",
        )
        .await;
}

#[tokio::test]
async fn exec_does_not_start_the_command_when_the_migration_failed() {
    let project = Project::new(&[("0001_bad", "SELECT 1/0;")]).await;
    let ended = exec(&project, &[], "echo started").run().await.expect(125);
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.contains("division by zero"), "{}", ended.stderr);
}

#[tokio::test]
async fn exec_finds_a_wrong_command_before_it_touches_the_database() {
    let project = Project::new(&[TABLE]).await;
    project
        .windlass(&["exec", "--", "no-such-command"])
        .run()
        .await
        .expect(127);
    project
        .windlass(&["exec", "--", "/etc/passwd"])
        .run()
        .await
        .expect(126);
    let ended = exec(&project, &["--timeout", "0s"], "echo started")
        .env("DATABASE_URL", "postgresql://127.0.0.1:1/none")
        .run()
        .await
        .expect(125);
    assert_eq!(ended.stdout, "");
    assert_eq!(
        project
            .database
            .query_one_text("SELECT count(*) FROM pg_namespace WHERE nspname = 'windlass'")
            .await,
        "0"
    );
}

#[tokio::test]
async fn the_guides_variables_are_honoured_or_explained() {
    let project = Project::new(&[TABLE]).await;
    let ended = exec(&project, &["--timeout", "0s"], "echo started")
        .env("RUN_MIGRATIONS_ON_START", "0")
        .run()
        .await
        .expect(125);
    assert!(ended.stderr.contains("pending: 0001_t"), "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
    let ended = exec(&project, &[], "echo started with $MIGRATION_MODE")
        .env("RUN_MIGRATIONS", "1")
        .env("MIGRATION_MODE", "1")
        .env("ASYNC_LOG_QUEUE", "0")
        .run()
        .await
        .expect(0);
    assert_eq!(ended.stdout, "started with 1\n");
    for name in ["MIGRATION_MODE", "ASYNC_LOG_QUEUE"] {
        assert!(
            ended
                .stderr
                .contains(&format!("{name} is set and has no effect here: ")),
            "{}",
            ended.stderr
        );
    }
    let ended = project
        .windlass(&["upgrade"])
        .env("RUN_MIGRATIONS", "0")
        .env("MIGRATION_MODE", "1")
        .run()
        .await
        .expect(0);
    for part in [
        "RUN_MIGRATIONS has no effect here",
        "MIGRATION_MODE is set and has no effect here",
    ] {
        assert!(ended.stderr.contains(part), "{}", ended.stderr);
    }
    exec(&project, &[], "true")
        .env("RUN_MIGRATIONS", "maybe")
        .run()
        .await
        .expect(125);
}

#[tokio::test]
async fn replicas_that_start_at_once_all_come_up() {
    let project = Project::new(&[
        TABLE,
        COLUMN,
        ("0003_i", "CREATE INDEX CONCURRENTLY i ON t (a);"),
        (
            "0004_d",
            "-- windlass: no-transaction\nINSERT INTO t VALUES (1, 1);",
        ),
    ])
    .await;
    let replicas: Vec<_> = (0..10).map(|_| exec(&project, &[], "echo up").spawn()).collect();
    for replica in replicas {
        assert_eq!(replica.finish().await.expect(0).stdout, "up\n");
    }
    assert_eq!(
        project.database.query_one_text("SELECT count(*) FROM t").await,
        "1"
    );
}

#[tokio::test]
async fn an_older_image_comes_up_over_a_newer_database() {
    let project = Project::new(&[TABLE, COLUMN]).await;
    project.upgrade(0).await;
    project.remove("0002_c");
    let ended = exec(&project, &[], "echo up").run().await.expect(0);
    assert_eq!(ended.stdout, "up\n");
    assert!(
        ended.stderr.contains("ahead of this directory: it has 0002_c"),
        "{}",
        ended.stderr
    );
    exec(&project, &["--strict"], "echo up").run().await.expect(125);
    project
        .windlass(&["wait", "--timeout", "0s"])
        .run()
        .await
        .expect(0);
}

#[tokio::test]
async fn a_signal_during_the_migration_does_not_start_the_command() {
    let project = Project::new(&[("0001_s", "SELECT pg_sleep(60);")]).await;
    let mut child = exec(&project, &[], "echo started").spawn();
    child.wait_for_output("SELECT pg_sleep(60)").await;
    child.sigterm();
    let ended = child.finish().await.expect(143);
    assert_eq!(ended.stdout, "");
}
