//! Statements that refuse a transaction, and what a failure in the middle leaves.

use windlass_testkit::{Finished, Rival};

use crate::project::{Ended, Project};

const TABLE: (&str, &str) = (
    "0001_t",
    "CREATE TABLE t (a int, b int); INSERT INTO t SELECT g, g / 2 FROM generate_series(1, 100) g;",
);
const VALID: &str = "SELECT string_agg(indexrelid::regclass || ' ' || indisvalid, ',') FROM pg_index WHERE indrelid = 't'::regclass";

#[tokio::test]
async fn a_unique_build_that_fails_leaves_nothing_and_runs_again_once_the_data_is_right() {
    let project = Project::new(&[
        TABLE,
        (
            "0002_i",
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_b ON t (b);",
        ),
    ])
    .await;
    let finished = project.upgrade(1).await;
    assert!(
        finished.stderr.contains("could not create unique index"),
        "{}",
        finished.stderr
    );
    assert_eq!(
        project.one(VALID).await,
        "NULL",
        "no INVALID remain slows or refuses writes"
    );
    project.database.execute("UPDATE t SET b = a").await;
    project.upgrade(0).await;
    assert_eq!(project.one(VALID).await, "t_b true");
}

#[tokio::test]
async fn an_invalid_index_that_was_there_is_built_anew() {
    let project = Project::new(&[TABLE]).await;
    project.upgrade(0).await;
    let client = project.database.connect().await;
    assert!(
        client
            .batch_execute("CREATE UNIQUE INDEX CONCURRENTLY t_b ON t (b)")
            .await
            .is_err()
    );
    assert_eq!(project.one(VALID).await, "t_b false");
    project.write("0002_i", "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_b ON t (b);");
    let finished = project.upgrade(0).await;
    assert!(
        finished.stderr.contains("dropped the invalid index public.t_b"),
        "{}",
        finished.stderr
    );
    assert_eq!(project.one(VALID).await, "t_b true");
}

#[tokio::test]
async fn a_valid_index_is_taken_as_done_only_when_its_definition_is_the_same() {
    let project = Project::new(&[TABLE]).await;
    project.upgrade(0).await;
    project
        .database
        .execute("CREATE INDEX t_same ON t USING btree (b int4_ops); CREATE INDEX t_other ON t (a)")
        .await;
    project.write(
        "0002_same",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_same ON t (b);",
    );
    project.upgrade(0).await;
    project.write(
        "0003_other",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_other ON t (b);",
    );
    let finished = project.upgrade(1).await;
    assert!(
        finished.stderr.contains("exists, but with another definition"),
        "{}",
        finished.stderr
    );
    assert!(
        finished
            .stderr
            .contains("there: CREATE INDEX t_other ON public.t USING btree (a)"),
        "{}",
        finished.stderr
    );
}

#[tokio::test]
async fn an_index_of_another_table_is_neither_taken_as_done_nor_dropped_nor_declared() {
    let project = Project::new(&[TABLE]).await;
    project.upgrade(0).await;
    let taken = |by: &str, finished: Finished| {
        assert!(finished.stderr.contains(by), "{}", finished.stderr);
    };
    project
        .database
        .execute("CREATE TABLE u (b int); CREATE INDEX t_b ON u (b); INSERT INTO u SELECT 1 FROM generate_series(1, 2)")
        .await;
    project.write("0002_i", "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_b ON t (b);");
    taken("public.t_b exists, as an index of u", project.upgrade(1).await);
    // An INVALID one is perhaps being built.
    project.database.execute("DROP INDEX t_b").await;
    let client = project.database.connect().await;
    let build = client.batch_execute("CREATE UNIQUE INDEX CONCURRENTLY t_b ON u (b)");
    assert!(build.await.is_err());
    taken("public.t_b exists, as an index of u", project.upgrade(1).await);
    let left = "SELECT count(*) FROM pg_index WHERE indrelid = 'u'::regclass AND NOT indisvalid";
    assert_eq!(project.one(left).await, "1");
    project
        .database
        .execute("DROP INDEX t_b; CREATE TABLE t_b (a int)")
        .await;
    taken("public.t_b exists, and is no index", project.upgrade(1).await);
    // Without CONCURRENTLY the server passes over it, and what is declared is not there.
    project.write("0002_i", "CREATE INDEX IF NOT EXISTS t_c ON t (b);");
    project
        .database
        .execute("DROP TABLE t_b; CREATE INDEX t_c ON u (b)")
        .await;
    taken(
        "t_c (0002_i): valid declared, nothing found",
        project.upgrade(5).await,
    );
}

#[tokio::test]
async fn a_best_effort_index_that_fails_is_a_warning_that_status_repeats() {
    let project = Project::new(&[
        TABLE,
        ("0002_i", "-- windlass: best-effort\nCREATE UNIQUE INDEX CONCURRENTLY t_b ON t (b);\nALTER TABLE t ADD c int;"),
    ])
    .await;
    let finished = project.upgrade(0).await;
    assert!(
        finished.stderr.contains("was given up (best-effort)"),
        "{}",
        finished.stderr
    );
    assert_eq!(project.applied().await, ["0001_t", "0002_i"]);
    assert_eq!(project.one(VALID).await, "NULL");
    let status = project.windlass(&["status"]).run().await.expect(0);
    assert!(
        status.stdout.contains("missing: 0002_i step 1"),
        "{}",
        status.stdout
    );
}

#[tokio::test]
async fn an_interrupted_detach_is_finished() {
    let project = Project::new(&[(
        "0001_p",
        "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);",
    )])
    .await;
    project.upgrade(0).await;
    project.write("0002_d", "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;");
    project.be_patient();
    let rival = Rival::hold(&project.database, "BEGIN; SELECT * FROM p").await;
    let mut running = project.windlass(&["upgrade"]).spawn();
    project
        .database
        .wait_for_text(
            "SELECT count(*) FROM pg_inherits WHERE inhdetachpending",
            |found| found == "1",
        )
        .await;
    running.sigint();
    running.finish().await.expect(130);
    rival.release().await;
    project.upgrade(0).await;
    assert_eq!(project.one("SELECT count(*) FROM pg_inherits").await, "0");
}

#[tokio::test]
async fn what_is_done_stays_done_and_only_the_undone_rest_may_be_edited() {
    let project = Project::new(&[
        TABLE,
        ("0002_m", "ALTER TABLE t ADD c int;\nCREATE INDEX CONCURRENTLY t_c ON t (c);\nINSERT INTO nowhere VALUES (1);"),
    ])
    .await;
    let finished = project.upgrade(1).await;
    assert!(
        finished.stderr.contains("step 2 of 3 is done"),
        "{}",
        finished.stderr
    );
    project.write(
        "0002_m",
        "ALTER TABLE t ADD d int;\nCREATE INDEX CONCURRENTLY t_c ON t (c);\nINSERT INTO t VALUES (1);",
    );
    let finished = project.upgrade(6).await;
    assert!(
        finished.stderr.contains("ran: ALTER TABLE t ADD c int"),
        "{}",
        finished.stderr
    );
    assert!(
        finished.stderr.contains("now: ALTER TABLE t ADD d int"),
        "{}",
        finished.stderr
    );
    project.write(
        "0002_m",
        "ALTER TABLE t ADD c int;\nCREATE INDEX CONCURRENTLY t_c ON t (c);\nINSERT INTO t VALUES (-1);",
    );
    let finished = project.upgrade(0).await;
    assert!(
        finished.stderr.contains("its undone rest was edited"),
        "{}",
        finished.stderr
    );
    assert_eq!(project.one("SELECT count(*) FROM t WHERE a = -1").await, "1");
}

/// What `0002_call` calls was killed when it had committed its first half.
async fn with_a_killed_call() -> Project {
    let project = Project::new(&[(
        "0001_p",
        "CREATE TABLE t (a int);\n\
         CREATE PROCEDURE slow() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (1); COMMIT; PERFORM pg_sleep(60); END $$;",
    )])
    .await;
    project.upgrade(0).await;
    project.write("0002_call", "CALL slow();");
    project.kill_upgrade_when("SELECT count(*) FROM t", "1").await;
    project
}

#[tokio::test]
async fn a_call_that_was_cut_off_is_an_unknown_outcome_until_somebody_decides() {
    let project = with_a_killed_call().await;
    let finished = project.upgrade(9).await;
    assert!(
        finished
            .stderr
            .contains("windlass resolve 0002_call --step 1 done"),
        "{}",
        finished.stderr
    );
    project.upgrade(9).await;
    project
        .windlass(&["resolve", "0002_call", "--step", "1", "done"])
        .run()
        .await
        .expect(0);
    project.upgrade(0).await;
    assert_eq!(project.one("SELECT count(*) FROM t").await, "1", "it ran once");
}

#[tokio::test]
async fn what_is_stamped_has_no_step_left_to_decide_about() {
    let project = with_a_killed_call().await;
    project.upgrade(9).await;
    let status = project.windlass(&["status"]).run().await.expect(0);
    assert!(
        status
            .stdout
            .contains("0002_call (unknown); it waits for a decision"),
        "{}",
        status.stdout
    );
    project.windlass(&["stamp", "head"]).run().await.expect(0);
    // It once took the revision up again, and ran all of it.
    let late = project.windlass(&["resolve", "0002_call", "--step", "1", "abandon"]);
    late.run().await.expect(2);
    project.upgrade(0).await;
    assert_eq!(project.one("SELECT count(*) FROM t").await, "1", "it ran once");
}

#[tokio::test]
async fn a_build_that_waits_for_an_old_snapshot_says_for_whose() {
    let project = Project::new(&[TABLE]).await;
    project.upgrade(0).await;
    project.write("0002_i", "CREATE INDEX CONCURRENTLY t_b ON t (b);");
    let old = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class";
    let rival = Rival::hold(&project.database, old).await;
    let mut running = project.windlass(&["upgrade"]).spawn();
    running.wait_for_output("waiting for old snapshots").await;
    running
        .wait_for_output(&format!("waiting for pid {}", rival.pid()))
        .await;
    let status = project.windlass(&["status"]).run().await.expect(0);
    assert!(
        status.stdout.contains("waiting for old snapshots"),
        "{}",
        status.stdout
    );
    rival.release().await;
    running.finish().await.expect(0);
}

#[tokio::test]
async fn a_build_past_its_deadline_is_cancelled_and_leaves_nothing() {
    let project = Project::new(&[TABLE]).await;
    project.upgrade(0).await;
    project.write("0002_i", "CREATE INDEX CONCURRENTLY t_b ON t (b);");
    // Held for longer than the deadline, and than the short try to drop what is left. The deadline is long enough for
    // there to be something left, on a busy machine as well.
    let rival = Rival::hold(&project.database, "BEGIN; INSERT INTO t VALUES (0, 0)").await;
    let finished = project
        .windlass(&["upgrade", "--set", "index_deadline=3s"])
        .run()
        .await
        .expect(1);
    assert!(
        finished.stderr.contains("index_deadline is 3s"),
        "{}",
        finished.stderr
    );
    assert!(
        finished.stderr.contains("the next run drops it"),
        "{}",
        finished.stderr
    );
    rival.release().await;
    project
        .windlass(&["upgrade", "--set", "index_deadline=1m"])
        .run()
        .await
        .expect(0);
    assert_eq!(project.one(VALID).await, "t_b true");
}

#[tokio::test]
async fn remains_of_a_reindex_of_many_tables_are_swept() {
    let project = Project::new(&[(
        "0001_t",
        "CREATE SCHEMA \"My App\"; CREATE SCHEMA other; SET search_path = \"My App\";\n\
         CREATE TABLE t (a int, b text); CREATE INDEX t_a ON t (a); CREATE TABLE other.u (a int); CREATE INDEX u_a ON other.u (a);",
    )])
    .await;
    project.upgrade(0).await;
    let remains = "SELECT string_agg(DISTINCT coalesce(owner.oid, indrelid)::regclass::text, ',') FROM pg_index \
                   LEFT JOIN pg_class AS owner ON reltoastrelid = indrelid WHERE NOT indisvalid";
    // One remain in each schema, as a cancel leaves them.
    for table in ["\"My App\".t", "other.u"] {
        let rival = Rival::hold(
            &project.database,
            &format!("BEGIN; INSERT INTO {table} VALUES (1)"),
        )
        .await;
        let reindex = Rival::run(&project.database, &format!("REINDEX TABLE CONCURRENTLY {table}")).await;
        reindex.wait_until_blocked(&project.database).await;
        reindex.cancel().await;
        assert!(reindex.finish().await.is_err(), "it was cancelled");
        rival.release().await;
    }
    assert_eq!(project.one(remains).await, "\"My App\".t,other.u");
    project.write("0002_r", "REINDEX SCHEMA CONCURRENTLY \"My App\";");
    project.upgrade(0).await;
    assert_eq!(
        project.one(remains).await,
        "other.u",
        "another schema's are not ours"
    );
    let name = project.database.name().to_owned();
    project.write("0003_r", &format!("REINDEX DATABASE CONCURRENTLY {name};"));
    project.upgrade(0).await;
    assert_eq!(project.one(remains).await, "NULL");
}

/// An ALTER TABLE that sleeps, with its lock held, for as long as there is a row in `slow`.
const SLOW: &str = "CREATE TABLE slow (a int); INSERT INTO slow VALUES (1);\n\
    CREATE FUNCTION sleep() RETURNS event_trigger LANGUAGE plpgsql AS \
    'BEGIN IF EXISTS (SELECT FROM slow) THEN PERFORM pg_sleep(60); END IF; END';\n\
    CREATE EVENT TRIGGER sleep ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION sleep();";

#[tokio::test]
async fn catalog_work_that_outlasts_the_budget_is_tried_again() {
    let project = Project::new(&[TABLE, ("0002_s", SLOW)]).await;
    project.upgrade(0).await;
    project.write("0003_c", "ALTER TABLE t ADD c int;");
    let mut running = project
        .windlass(&["upgrade", "--set", "stall_budget=300ms"])
        .spawn();
    running
        .wait_for_output("it was not done within the stall budget")
        .await;
    project.database.execute("DELETE FROM slow").await;
    running.finish().await.expect(0);
    // Patience ends as it does with locks.
    project.database.execute("INSERT INTO slow VALUES (1)").await;
    project.write("0004_d", "ALTER TABLE t ADD d int;");
    // On a busy machine a short budget is also over because nobody could watch.
    let set = [
        "upgrade",
        "--set",
        "stall_budget=3s",
        "--set",
        "lane.ddl.retry_for=1s",
    ];
    let given_up = project.windlass(&set).run().await.expect(3);
    assert!(
        given_up
            .stderr
            .contains("it needs its lock for longer than the stall budget allows"),
        "{}",
        given_up.stderr
    );
}

#[tokio::test]
async fn a_cancel_by_somebody_is_an_order() {
    let project = Project::new(&[TABLE, ("0002_s", SLOW)]).await;
    project.upgrade(0).await;
    project.write("0003_c", "ALTER TABLE t ADD c int;");
    let running = project
        .windlass(&["upgrade", "--set", "stall_budget=30s"])
        .spawn();
    let sleeps = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'windlass work' AND wait_event = 'PgSleep'";
    project.database.wait_for(sleeps, |count| count > 0).await;
    project
        .database
        .execute("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
        .await;
    let cancelled = running.finish().await.expect(1);
    assert!(cancelled.stderr.contains("user request"), "{}", cancelled.stderr);
}

#[tokio::test]
async fn a_partitioned_table_is_reindexed_and_clustered_outside_a_transaction() {
    let project = Project::new(&[(
        "0001_p",
        "CREATE TABLE p (a int) PARTITION BY RANGE (a);\nCREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);\n\
         CREATE INDEX p_a ON p (a);\nREINDEX TABLE p;",
    )])
    .await;
    project.upgrade(0).await;
    project.write(
        "0002_r",
        "INSERT INTO p VALUES (1);\nREINDEX TABLE p;\nREINDEX INDEX p_a;\nREINDEX TABLE p1;",
    );
    let plan = project.windlass(&["plan"]).run().await.expect(0);
    assert!(plan.stdout.contains("step 4"), "{}", plan.stdout);
    project.upgrade(0).await;
    let alone = "SELECT string_agg(number || ' ' || state, ', ' ORDER BY number) FROM windlass.step WHERE revision_id = '0002_r'";
    assert_eq!(project.one(alone).await, "1 done, 2 done, 3 done, 4 done");
    // The server learned to cluster a partitioned table with version 15.
    if project.server.version() >= 15 {
        project.write("0003_c", "CLUSTER p USING p_a;");
        project.upgrade(0).await;
    }
}

#[tokio::test]
async fn what_partitioned_tables_take_instead_of_concurrently_is_said() {
    let project = Project::new(&[(
        "0001_p",
        "CREATE TABLE p (a int) PARTITION BY LIST (a);\nCREATE INDEX p_a ON p (a);",
    )])
    .await;
    project.upgrade(0).await;
    for (sql, hint) in [
        (
            "CREATE INDEX CONCURRENTLY p_b ON p (a);",
            "takes it without CONCURRENTLY: a large one is then built partition by",
        ),
        (
            "DROP INDEX CONCURRENTLY p_a;",
            "a partitioned index is dropped without CONCURRENTLY",
        ),
    ] {
        project.write("0002_i", sql);
        let refused = project.upgrade(1).await;
        assert!(refused.stderr.contains(hint), "{}", refused.stderr);
    }
}
