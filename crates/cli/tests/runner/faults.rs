//! Kills, crashes and lost connections: the next run ends in the same schema and data.

use std::time::Duration;

use windlass_testkit::{Fault, Proxy, Rival, Server};

use crate::project::{Ended, Project};

const TABLE: (&str, &str) = (
    "0001_t",
    "CREATE TABLE t (a int); INSERT INTO t SELECT g FROM generate_series(1, 1000) g;",
);

#[tokio::test]
async fn a_runner_killed_in_a_transaction_leaves_nothing_and_the_next_one_finishes() {
    let project = Project::new(&[TABLE]).await;
    project.upgrade(0).await;
    project.write(
        "0002_d",
        "UPDATE t SET a = a + 1;\nSELECT pg_sleep(2);\nINSERT INTO t VALUES (-1);",
    );
    project.kill_upgrade_in("SELECT pg_sleep(2)").await;
    project.upgrade(0).await;
    assert_eq!(
        project.one("SELECT sum(a) FROM t WHERE a > 0").await,
        "501500",
        "each row was changed once"
    );
    assert_eq!(project.one("SELECT count(*) FROM t WHERE a < 0").await, "1");
}

#[tokio::test]
async fn a_runner_killed_while_an_index_is_built_does_not_leave_it_to_hand_repair() {
    let project = Project::new(&[TABLE]).await;
    project.upgrade(0).await;
    project.write(
        "0002_i",
        "CREATE INDEX CONCURRENTLY t_a ON t (a);\nINSERT INTO t VALUES (-1);",
    );
    let rival = Rival::hold(&project.database, "BEGIN; INSERT INTO t VALUES (0)").await;
    project
        .kill_upgrade_when("SELECT count(*) FROM pg_stat_progress_create_index", "1")
        .await;
    let next = project.windlass(&["upgrade"]).spawn();
    rival.release().await;
    next.finish().await.expect(0);
    assert_eq!(
        project
            .one(
                "SELECT count(*) || ' ' || bool_and(indisvalid) FROM pg_index WHERE indrelid = 't'::regclass"
            )
            .await,
        "1 true"
    );
    assert_eq!(project.one("SELECT count(*) FROM t WHERE a = -1").await, "1");
}

#[tokio::test]
async fn a_server_that_crashes_in_the_middle_is_exit_seven_and_the_next_run_finishes() {
    let project = Project::new(&[TABLE]).await;
    project.upgrade(0).await;
    project.write("0002_d", "UPDATE t SET a = a + 1;\nSELECT pg_sleep(30);");
    let running = project.windlass(&["upgrade"]).spawn();
    project.wait_for_statement("SELECT pg_sleep(30)").await;
    project.server.stop_immediate().await;
    let finished = running.finish().await.expect(7);
    assert!(
        finished.stderr.contains("run the same command again"),
        "{}",
        finished.stderr
    );
    project.server.restart().await;
    project.write("0002_d", "UPDATE t SET a = a + 1;");
    project.upgrade(0).await;
    assert_eq!(project.one("SELECT sum(a) FROM t").await, "501500");
}

#[tokio::test]
async fn an_alter_behind_an_idle_transaction_retries_and_says_who_is_in_the_way() {
    let project = Project::new(&[TABLE]).await;
    project.upgrade(0).await;
    project.write("0002_c", "ALTER TABLE t ADD c int;");
    project.be_patient();
    let rival = Rival::hold(&project.database, "BEGIN; SELECT * FROM t").await;
    let mut running = project.windlass(&["upgrade"]).spawn();
    running.wait_for_output("the lock was not free in time").await;
    running.wait_for_output("app=rival").await;
    rival.release().await;
    let finished = running.finish().await.expect(0);
    assert!(
        finished.stderr.contains("idle in transaction"),
        "{}",
        finished.stderr
    );
    assert_eq!(project.applied().await.len(), 2);
}

#[tokio::test]
async fn patience_ends_with_exit_three() {
    let project = Project::new(&[TABLE]).await;
    project.upgrade(0).await;
    project.write("0002_c", "ALTER TABLE t ADD c int;");
    let rival = Rival::hold(&project.database, "BEGIN; SELECT * FROM t").await;
    let finished = project
        .windlass(&["upgrade", "--set", "lane.ddl.retry_for=1s"])
        .run()
        .await
        .expect(3);
    let terminate = format!("pg_terminate_backend({})", rival.pid());
    assert!(finished.stderr.contains("gave up after"), "{}", finished.stderr);
    assert!(finished.stderr.contains(&terminate), "{}", finished.stderr);
}

#[tokio::test]
async fn an_absent_synchronous_standby_does_not_hold_our_locks() {
    let server = Server::start().await;
    let project = Project::on(server, &[TABLE]).await;
    project.upgrade(0).await;
    project
        .database
        .execute("ALTER SYSTEM SET synchronous_standby_names = 'nope'")
        .await;
    project.database.execute("SELECT pg_reload_conf()").await;
    project.write("0002_c", "ALTER TABLE t ADD c int;");
    let mut running = project.windlass(&["upgrade"]).spawn();
    project
        .database
        .wait_for_text(
            "SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'c'",
            |found| found == "1",
        )
        .await;
    let held =
        "SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass AND mode = 'AccessExclusiveLock'";
    project.database.wait_for_text(held, |found| found == "0").await;
    running.kill9();
    running.finish().await;
}

#[tokio::test]
async fn refusals_of_the_server_are_full_sentences() {
    let project = Project::new(&[TABLE]).await;
    let closed = project
        .upgrade_by("postgresql://postgres:s3cret@127.0.0.1:1/x")
        .run()
        .await
        .expect(1);
    assert!(!closed.stderr.contains("s3cret"), "{}", closed.stderr);
    project
        .database
        .execute("CREATE ROLE nobody_special LOGIN PASSWORD 'pw'")
        .await;
    let url = project.database.url().replace("postgres@", "nobody_special@");
    let denied = project.upgrade_by(&url).run().await.expect(1);
    assert!(
        denied.stderr.contains("GRANT CREATE ON DATABASE"),
        "{}",
        denied.stderr
    );
    project
        .database
        .execute(&format!(
            "ALTER DATABASE {} SET default_transaction_read_only = on",
            project.database.name()
        ))
        .await;
    let read_only = project.windlass(&["upgrade"]).run().await.expect(1);
    assert!(read_only.stderr.contains("read-only"), "{}", read_only.stderr);
}

#[tokio::test]
async fn a_connection_cut_around_commit_never_applies_a_change_twice() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        let project = Project::new(&[TABLE]).await;
        project.upgrade(0).await;
        project.write("0002_d", "UPDATE t SET a = a + 1;\nINSERT INTO t VALUES (-1);");
        let proxy = Proxy::start(&project.database.url()).await;
        proxy.when_client_sends("COMMIT", fault);
        // The lock's connection stands, so this run itself finds out what became of the COMMIT.
        project.upgrade_by(proxy.url()).run().await.expect(0);
        assert!(proxy.has_fired());
        proxy.wait_until_drained().await;
        project.upgrade(0).await;
        assert_eq!(project.one("SELECT sum(a) FROM t WHERE a > 0").await, "501500");
        assert_eq!(project.one("SELECT count(*) FROM t WHERE a < 0").await, "1");
    }
}

#[tokio::test]
async fn a_begin_that_is_refused_keeps_all_behind_it_from_being_done_alone() {
    let keyed = (
        "0001_t",
        "CREATE TABLE t (a int, id int PRIMARY KEY); INSERT INTO t SELECT g, g FROM generate_series(1, 1000) g;",
    );
    let guarded = "-- windlass: protect t\nDELETE FROM t WHERE a > 500;";
    let batched = "-- windlass: backfill up on t batch=100\nUPDATE t SET a = a + 1;";
    // The first words of a step's transaction, and the last of what begins a batch.
    let beginnings = [
        (guarded, "BEGIN ISOLATION LEVEL READ COMMITTED", "500500"),
        (batched, "idle_in_transaction_session_timeout = '10s'", "501500"),
    ];
    for (revision, beginning, sum) in beginnings {
        let project = Project::new(&[keyed]).await;
        project.upgrade(0).await;
        project.write("0002_d", revision);
        let proxy = Proxy::start(&project.database.url()).await;
        proxy.when_client_sends(beginning, Fault::Spoil);
        let hit = project.upgrade_by(proxy.url()).run().await;
        assert!(proxy.has_fired(), "{}", hit.stderr);
        project.windlass(&["upgrade"]).run().await;
        assert_eq!(project.one("SELECT sum(a) FROM t").await, sum, "{revision}");
    }
}

/// Three revisions that an empty database gets in one transaction: none changes rows or calls a function,
/// either of which could change the session. Each fails when it is repeated.
const GROUP: &[(&str, &str)] = &[
    ("0001_t", "CREATE TABLE t (a int);\nCREATE INDEX t_a ON t (a);"),
    ("0002_b", "-- windlass: label second\nALTER TABLE t ADD b int;"),
    ("0003_c", "CREATE TABLE c (a int);"),
];

/// What the journal says of them, times and runs aside.
const GROUP_FACTS: &[&str] = &[
    "SELECT row_to_json(r)::jsonb - '{run_id,started_at,applied_at}'::text[] || \
            jsonb_build_object('applied', applied_at >= started_at, 'run', run_id IS NOT NULL) \
       FROM windlass.revision r ORDER BY position",
    "SELECT row_to_json(s)::jsonb - '{run_id,started_at,finished_at}'::text[] || \
            jsonb_build_object('finished', finished_at >= started_at, 'run', run_id IS NOT NULL) \
       FROM windlass.step s ORDER BY revision_id, number",
    "SELECT action || revision_id || coalesce(checksum, '') || coalesce(detail, '') || (run_id IS NOT NULL)::text \
       FROM windlass.history ORDER BY entry",
];

#[tokio::test]
async fn a_connection_cut_around_the_commit_of_a_group_applies_each_revision_once() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        let project = Project::new(GROUP).await;
        let proxy = Proxy::start(&project.database.url()).await;
        // As a message of its own: the script that makes the journal has it in its text.
        proxy.when_client_sends("COMMIT\0", fault);
        let finished = project.upgrade_by(proxy.url()).run().await.expect(0);
        assert!(proxy.has_fired());
        // A revision of a group has no beginning of its own; those of one that was rolled back run one by one.
        // After the cut, the backend may be ended before it comes to commit: then it is rolled back too.
        let one_by_one = finished.stderr.contains("0001_t: starting");
        assert!(one_by_one || fault == Fault::CutAfter, "{}", finished.stderr);
        assert_eq!(project.one("SELECT count(*) FROM t NATURAL JOIN c").await, "0");
        assert_eq!(project.applied().await, ["0001_t", "0002_b", "0003_c"]);
        assert_eq!(project.one("SELECT count(*) FROM windlass.history").await, "3");
    }
}

#[tokio::test]
async fn a_step_in_one_message_is_done_once_or_not_at_all() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        let project = Project::new(&[TABLE]).await;
        project.upgrade(0).await;
        project.write(
            "0002_c",
            "CREATE TABLE c (a int);\nCREATE TABLE d (a int) -- the last",
        );
        let proxy = Proxy::start(&project.database.url()).await;
        proxy.when_client_sends("COMMIT\0", fault);
        project.upgrade_by(proxy.url()).run().await.expect(0);
        assert!(proxy.has_fired());
        assert_eq!(project.one("SELECT count(*) FROM c NATURAL JOIN d").await, "0");
        assert_eq!(project.applied().await, ["0001_t", "0002_c"]);
        assert_eq!(project.one("SELECT count(*) FROM windlass.history").await, "2");
    }

    let project = Project::new(&[TABLE]).await;
    project.upgrade(0).await;
    project.write("0002_c", "CREATE TABLE c (a int);\nCREATE TABLE t (a int);");
    let failed = project.upgrade(1).await;
    assert!(
        failed.stderr.contains("line 2: CREATE TABLE t (a int)"),
        "{}",
        failed.stderr
    );
    assert_eq!(project.one("SELECT count(to_regclass('c'))").await, "0");
    assert_eq!(project.applied().await, ["0001_t"]);
}

#[tokio::test]
async fn a_runner_killed_in_a_group_has_applied_all_of_it_or_nothing() {
    let project = Project::new(GROUP).await;
    // A name that somebody is about to take makes the last statement wait; what is not committed is not seen,
    // so the database is still one that nobody uses.
    let rival = Rival::hold(&project.database, "BEGIN; CREATE TABLE c (b int)").await;
    let waits = "SELECT count(*) FROM pg_stat_activity \
                  WHERE wait_event_type = 'Lock' AND query LIKE '%CREATE TABLE c (a int)%'";
    project.kill_upgrade_when(waits, "1").await;
    assert_eq!(
        project
            .one("SELECT (to_regclass('t') IS NULL) || ' ' || count(*) FROM windlass.revision")
            .await,
        "true 0"
    );
    let next = project.windlass(&["upgrade"]).spawn();
    rival.release().await;
    next.finish().await.expect(0);
    assert_eq!(project.one("SELECT count(*) FROM t NATURAL JOIN c").await, "0");
    assert_eq!(project.applied().await, ["0001_t", "0002_b", "0003_c"]);
    assert_eq!(project.one("SELECT count(*) FROM windlass.history").await, "3");
}

#[tokio::test]
async fn what_an_orphan_commits_after_the_next_run_read_the_journal_is_not_done_again() {
    let project = Project::new(GROUP).await;
    let rival = Rival::hold(&project.database, "BEGIN; CREATE TABLE c (b int)").await;
    let waits = "SELECT count(*) FROM pg_stat_activity \
                  WHERE wait_event_type = 'Lock' AND query LIKE '%CREATE TABLE c (a int)%'";
    project.kill_upgrade_when(waits, "1").await;
    let proxy = Proxy::start(&project.database.url()).await;
    // It leads and has read the journal before it opens its work session.
    proxy.when_client_sends("windlass work", Fault::SwallowBefore);
    let next = project.upgrade_by(proxy.url()).spawn();
    proxy.wait_until_fired().await;
    rival.release().await;
    project.database.wait_for_text(waits, |found| found == "0").await;
    proxy.resume();
    next.finish().await.expect(0);
    assert_eq!(project.one("SELECT count(*) FROM t NATURAL JOIN c").await, "0");
    assert_eq!(project.applied().await, ["0001_t", "0002_b", "0003_c"]);
    assert_eq!(project.one("SELECT count(*) FROM windlass.history").await, "3");
}

#[tokio::test]
async fn the_journal_says_the_same_of_revisions_in_a_group_and_one_by_one() {
    let grouped = Project::new(GROUP).await;
    let finished = grouped.upgrade(0).await;
    assert!(
        !finished.stderr.contains("0001_t: starting"),
        "{}",
        finished.stderr
    );
    let alone = Project::new(GROUP).await;
    alone.database.execute("CREATE TABLE in_use (id int)").await;
    alone.upgrade(0).await;
    for facts in GROUP_FACTS {
        assert_eq!(
            grouped.database.query_column(facts).await,
            alone.database.query_column(facts).await
        );
    }
}

#[tokio::test]
async fn a_runner_that_freezes_while_it_waits_for_a_lock_does_not_keep_readers_out() {
    let project = Project::new(&[TABLE]).await;
    project.upgrade(0).await;
    project.write("0002_c", "ALTER TABLE t ADD c int;");
    let rival = Rival::hold(&project.database, "BEGIN; SELECT * FROM t").await;
    // A budget beside which it is little what a busy machine takes for anything.
    const BUDGET: Duration = Duration::from_secs(20);
    let mut running = project
        .windlass(&["upgrade", "--set", "stall_budget=20s"])
        .spawn();
    running.wait_for_output("the lock was not free in time").await;
    running.sigstop();
    // Whatever it waits for or holds, the server's own timeouts end it within the budget.
    let read = tokio::time::timeout(BUDGET, project.one("SELECT count(*) FROM t")).await;
    assert!(read.is_ok(), "readers are kept out");
    rival.release().await;
    running.sigcont();
    running.finish().await.expect(0);
}

#[tokio::test]
async fn a_runner_killed_again_and_again_ends_where_an_undisturbed_one_does() {
    const REVISIONS: &[(&str, &str)] = &[
        TABLE,
        (
            "0002_c",
            "ALTER TABLE t ADD c int;\nCREATE INDEX CONCURRENTLY t_c ON t (c);\nUPDATE t SET c = a;",
        ),
        (
            "0003_n",
            "-- windlass: no-transaction\nUPDATE t SET c = c * 2;\nSELECT pg_sleep(0.02);\nINSERT INTO t VALUES (-1, 0);",
        ),
        (
            "0004_v",
            "REINDEX INDEX CONCURRENTLY t_c;\nVACUUM t;\nDROP INDEX CONCURRENTLY t_c;\nUPDATE t SET c = c + 1;",
        ),
        (
            "0005_k",
            "ALTER TABLE t ADD id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;",
        ),
        (
            "0006_b",
            "-- windlass: backfill b on t batch=100\nUPDATE t SET c = c * 3;",
        ),
    ];
    let calm = Project::new(REVISIONS).await;
    calm.upgrade(0).await;
    let state = "SELECT count(*) || ' ' || sum(a) || ' ' || sum(c) FROM t";
    let expected = calm.database.query_one_text(state).await;

    let project = Project::new(REVISIONS).await;
    for round in 0..40_u64 {
        let mut running = project.windlass(&["upgrade"]).spawn();
        // Times that drift through a run, so that kills meet every kind of moment.
        tokio::time::sleep(Duration::from_millis(5 + round % 20 * 2)).await;
        running.kill9();
        running.finish().await;
    }
    project.upgrade(0).await;
    assert_eq!(project.one(state).await, expected);
    assert_eq!(project.applied().await, calm.applied().await);
    for facts in [
        "SELECT attname || ' ' || format_type(atttypid, atttypmod) || attnotnull::text || attidentity::text FROM pg_attribute \
          WHERE attrelid = 't'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        "SELECT pg_get_indexdef(indexrelid) || indisvalid::text FROM pg_index WHERE indrelid = 't'::regclass ORDER BY 1",
    ] {
        assert_eq!(
            project.database.query_column(facts).await,
            calm.database.query_column(facts).await
        );
    }
}

#[tokio::test]
async fn a_killed_run_is_over_for_status_at_once_and_for_the_report_with_the_next_run() {
    let project = Project::new(&[("0001_s", "SELECT pg_sleep(60);")]).await;
    project.kill_upgrade_in("SELECT pg_sleep(60)").await;
    let leads = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
    project.database.wait_for(leads, |held| held == 0).await;
    let status = project.windlass(&["status"]).run().await.expect(0);
    assert!(!status.stdout.contains("running:"), "{}", status.stdout);
    project.write("0001_s", "SELECT 1;");
    project.upgrade(0).await;
    assert_eq!(
        project
            .database
            .query_column(
                "SELECT result || ' ' || (finished_at IS NOT NULL) FROM windlass.run ORDER BY started_at"
            )
            .await,
        ["interrupted true", "applied true"]
    );
    assert_eq!(project.one("SELECT count(*) FROM windlass.progress").await, "0");
}
