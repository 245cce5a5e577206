//! The journal: its versions, and what a person decides in it.

use windlass_testkit::Rival;

use crate::project::{Ended, Project};

#[tokio::test]
async fn a_journal_of_a_newer_windlass_is_left_alone() {
    let project = Project::new(&[("0001_t", "CREATE TABLE t (a int);")]).await;
    project.upgrade(0).await;
    project.write("0002_u", "CREATE TABLE u (a int);");
    project
        .database
        .execute("UPDATE windlass.leader SET journal_version = 99")
        .await;
    for command in [
        &["upgrade"][..],
        &["downgrade", "base", "--allow-data-loss"],
        &["stamp", "head"],
        &["status"],
        &["plan"],
        &["wait", "--timeout", "0s"],
        &["exec", "--", "true"],
    ] {
        let refused = project.windlass(command).run().await;
        let code = if command[0] == "exec" { 125 } else { 6 };
        let refused = refused.expect(code);
        assert!(
            refused.stderr.contains("the journal is of version 99"),
            "{command:?}: {}",
            refused.stderr
        );
        assert!(
            refused
                .stderr
                .contains("use the windlass that wrote it, or a newer one"),
            "{command:?}: {}",
            refused.stderr
        );
    }
    assert_eq!(project.applied().await, ["0001_t"]);
    assert_eq!(project.one("SELECT to_regclass('u')").await, "NULL");
}

/// A project whose last run was killed in a CALL that had committed one row, and that has not run since.
async fn killed() -> Project {
    let project = Project::new(&[(
        "0001_p",
        "CREATE TABLE t (a int);\nCREATE TABLE slow (a int); INSERT INTO slow VALUES (1);\n\
         CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$ BEGIN \
         INSERT INTO t VALUES (1); COMMIT; PERFORM pg_sleep(60) FROM slow; INSERT INTO t VALUES (2); END $$;",
    )])
    .await;
    project.upgrade(0).await;
    project.write("0002_call", "CALL fill();\nINSERT INTO t VALUES (3);");
    project.kill_upgrade_when("SELECT count(*) FROM t", "1").await;
    project.database.execute("DELETE FROM slow").await;
    project
}

/// The same, when the next run has found it.
async fn unknown() -> Project {
    let project = killed().await;
    let open = project.upgrade(9).await;
    assert!(
        open.stderr.contains("windlass resolve 0002_call --step 1 retry"),
        "{}",
        open.stderr
    );
    let status = project.windlass(&["status"]).run().await.expect(0);
    assert!(status.stdout.contains("0002_call"), "{}", status.stdout);
    project
}

/// Decides, and what the table then holds.
async fn decided(project: &Project, decision: &str) -> String {
    project
        .windlass(&["resolve", "0002", "--step", "1", decision])
        .run()
        .await
        .expect(0);
    project.upgrade(0).await;
    assert_eq!(project.applied().await, ["0001_p", "0002_call"]);
    project
        .one("SELECT string_agg(a::text, ' ' ORDER BY a) FROM t")
        .await
}

#[tokio::test]
async fn a_step_of_unknown_outcome_is_done_tried_again_or_left_out() {
    assert_eq!(decided(&unknown().await, "done").await, "1 3");
    assert_eq!(decided(&unknown().await, "retry").await, "1 1 2 3");
    let project = unknown().await;
    let wrong = project
        .windlass(&["resolve", "0002", "--step", "2", "done"])
        .run()
        .await
        .expect(2);
    assert!(
        wrong.stderr.contains("0002_call has no open step 2") && wrong.stderr.contains("step 1: CALL fill()"),
        "{}",
        wrong.stderr
    );
    assert_eq!(decided(&project, "abandon").await, "1 3");
    let history =
        "SELECT string_agg(detail, ', ' ORDER BY entry) FROM windlass.history WHERE action = 'resolved'";
    assert_eq!(project.one(history).await, "step 1 abandoned");
}

const ROWS: &str = "SELECT string_agg(a::text, ' ' ORDER BY a) FROM t";

#[tokio::test]
async fn an_edit_does_not_make_an_interrupted_call_run_twice() {
    let project = killed().await;
    // Behind it.
    project.write("0002_call", "CALL fill();\nINSERT INTO t VALUES (4);");
    project.upgrade(9).await;
    assert_eq!(decided(&project, "done").await, "1 4");

    // Itself: the plan that it was begun by is given up only by a decision.
    let project = killed().await;
    for text in [
        "INSERT INTO t VALUES (4);",
        "SELECT 1;\nCALL fill();\nINSERT INTO t VALUES (4);",
    ] {
        project.write("0002_call", text);
        let open = project.upgrade(9).await;
        let hint = "put it back as it was, unless `retry` is the answer";
        assert!(
            open.stderr.contains("CALL fill()") && open.stderr.contains(hint),
            "{}",
            open.stderr
        );
        assert_eq!(project.one(ROWS).await, "1");
    }
    project.write("0002_call", "INSERT INTO t VALUES (4);");
    assert_eq!(decided(&project, "retry").await, "1 4");
}

#[tokio::test]
async fn what_a_killed_run_left_of_a_statement_that_is_edited_away_goes_or_is_told() {
    let build = "CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)";
    let project = Project::new(&[(
        "0001_t",
        "CREATE TABLE t (a int);\nCREATE TABLE p (a int) PARTITION BY LIST (a);\nCREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);",
    )])
    .await;
    project.upgrade(0).await;
    project.write("0002_i", &format!("{build};"));
    let rival = Rival::hold(&project.database, "BEGIN; INSERT INTO t VALUES (1)").await;
    // A statement that has begun has not left anything yet.
    let left = "SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass";
    project.kill_upgrade_when(left, "1").await;
    project
        .database
        .execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE UNIQUE%'")
        .await;
    rival.commit().await;
    assert_eq!(project.one(left).await, "1");
    project.write("0002_i", "INSERT INTO t VALUES (1);");
    let finished = project.upgrade(0).await;
    assert!(
        finished.stderr.contains("dropped the invalid index public.t_a"),
        "{}",
        finished.stderr
    );
    assert_eq!(project.one(left).await, "0");

    project.write("0003_d", "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;");
    project.be_patient();
    let rival = Rival::hold(&project.database, "BEGIN; SELECT FROM p").await;
    project
        .kill_upgrade_when("SELECT count(*) FROM pg_inherits WHERE inhdetachpending", "1")
        .await;
    project
        .database
        .execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'ALTER TABLE p%'")
        .await;
    rival.commit().await;
    project.write("0003_d", "INSERT INTO t VALUES (2);");
    let finished = project.upgrade(0).await;
    let told = "half detached; finish it: ALTER TABLE p DETACH PARTITION p1 FINALIZE";
    assert!(finished.stderr.contains(told), "{}", finished.stderr);
}

#[tokio::test]
async fn what_the_server_refused_is_not_taken_as_done_the_second_time() {
    let project = Project::new(&[(
        "0001_t",
        "CREATE TABLE t (a int);\nDROP INDEX CONCURRENTLY no_such;",
    )])
    .await;
    for _ in 0..2 {
        let finished = project.upgrade(1).await;
        assert!(
            finished.stderr.contains("index \"no_such\" does not exist"),
            "{}",
            finished.stderr
        );
    }
    assert!(project.applied().await.is_empty());
}

#[tokio::test]
async fn a_call_that_failed_waits_for_a_decision_unless_it_cannot_have_begun() {
    let project = Project::new(&[(
        "0001_p",
        "CREATE TABLE t (a int);\nCREATE PROCEDURE fill() LANGUAGE plpgsql AS $$ BEGIN \
         INSERT INTO t VALUES (1); COMMIT; INSERT INTO t SELECT 1 / count(*) FROM t WHERE a = 0; END $$;",
    )])
    .await;
    project.upgrade(0).await;
    // Of the statement's own text.
    project.write("0002_call", "CALL fil();");
    let finished = project.upgrade(1).await;
    let hint = "nothing of this step is left; correct 0002_call and run the same command again";
    assert!(finished.stderr.contains(hint), "{}", finished.stderr);
    project.write("0002_call", "CALL fill();\nINSERT INTO t VALUES (3);");
    let finished = project.upgrade(9).await;
    for said in [
        "division by zero",
        "it may have committed a part of its work",
        "resolve 0002_call --step 2 retry",
    ] {
        assert!(finished.stderr.contains(said), "{}", finished.stderr);
    }
    let status = project.windlass(&["status"]).run().await.expect(0);
    assert!(
        status.stdout.contains("outcome unknown: 0002_call step 2"),
        "{}",
        status.stdout
    );
    project.upgrade(9).await;
    assert_eq!(project.one(ROWS).await, "1");
    project
        .windlass(&["resolve", "0002", "--step", "2", "abandon"])
        .run()
        .await
        .expect(0);
    project.upgrade(0).await;
    assert_eq!(project.one(ROWS).await, "1 3");
}

#[tokio::test]
async fn what_the_server_refused_has_no_unknown_outcome() {
    let project = Project::new(&[("0001_d", "CREATE DATABASE template1;")]).await;
    for _ in 0..2 {
        let finished = project.upgrade(1).await;
        assert!(finished.stderr.contains("already exists"), "{}", finished.stderr);
    }
    project.write("0001_d", "CREATE TABLE t (a int);");
    project.upgrade(0).await;
}

#[tokio::test]
async fn the_journal_goes_into_a_schema_that_an_administrator_made() {
    let project = Project::new(&[("0001_t", "CREATE TABLE t (a int);")]).await;
    project
        .database
        .execute("CREATE ROLE few LOGIN; CREATE SCHEMA windlass; GRANT CREATE ON SCHEMA public TO few")
        .await;
    let url = project.database.url_for("few");
    let refused = project.upgrade_by(&url).run().await.expect(1);
    assert!(
        refused.stderr.contains("permission denied for schema windlass"),
        "{}",
        refused.stderr
    );
    project
        .database
        .execute("GRANT USAGE ON SCHEMA windlass TO few")
        .await;
    let refused = project.upgrade_by(&url).run().await.expect(1);
    let hint = "GRANT CREATE, USAGE ON SCHEMA windlass";
    assert!(refused.stderr.contains(hint), "{}", refused.stderr);
    project
        .database
        .execute("GRANT CREATE ON SCHEMA windlass TO few; CREATE TABLE windlass.run ()")
        .await;
    let refused = project.upgrade_by(&url).run().await.expect(1);
    assert!(
        refused
            .stderr
            .contains("the schema windlass holds something, and no whole journal"),
        "{}",
        refused.stderr
    );
    project.database.execute("DROP TABLE windlass.run").await;
    let script = project
        .windlass(&["upgrade", "--sql"])
        .env("DATABASE_URL", &url)
        .run()
        .await
        .expect(0);
    assert!(!script.stdout.contains("CREATE SCHEMA"), "{}", script.stdout);
    project.upgrade_by(&url).run().await.expect(0);
    assert_eq!(project.applied().await, ["0001_t"]);
}

#[tokio::test]
async fn a_journal_that_lost_a_part_says_how_to_mend_it() {
    let project = Project::new(&[
        ("0001_t", "CREATE TABLE t (a int);"),
        ("0002_m", "VACUUM t;\nSELECT 1 / 0;"),
    ])
    .await;
    project.upgrade(1).await;
    let told = async |words: &[&str]| {
        let failed = project.windlass(words).run().await;
        assert_ne!(failed.code, Some(0), "{words:?}: {}", failed.stdout);
        failed.stderr
    };
    // Somebody's own hand in the plan.
    let plan = project.one("SELECT plan::text FROM windlass.revision WHERE revision_id = '0002_m'");
    let plan = plan.await;
    let put = async |plan: &str| {
        let sql = format!(
            "UPDATE windlass.revision SET plan = '{}' WHERE revision_id = '0002_m'",
            plan.replace('\'', "''")
        );
        project.database.execute(&sql).await;
    };
    put("{\"steps\": 3}").await;
    let said = told(&["upgrade"]).await;
    for words in [
        "failed to read the frozen plan of 0002_m",
        "`windlass show 0002_m` says which steps are done",
        "`windlass stamp 0002_m`",
    ] {
        assert!(said.contains(words), "{words} in {said}");
    }
    put(&plan).await;

    // The row of who leads: what is told brings it back, behind all that ever led.
    let epoch = project.one("SELECT epoch::text FROM windlass.leader").await;
    project.database.execute("DELETE FROM windlass.leader").await;
    let said = told(&["upgrade"]).await;
    assert!(said.contains("windlass.leader is empty"), "{said}");
    let mend = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("hint: INSERT "))
        .expect("it is told");
    project.database.execute(&format!("INSERT {mend}")).await;
    let said = told(&["upgrade"]).await;
    assert!(said.contains("division by zero"), "{said}");
    let newer = format!("SELECT (epoch > {epoch})::text FROM windlass.leader");
    assert_eq!(project.one(&newer).await, "true");

    project.database.execute("DROP TABLE windlass.step").await;
    for words in [&["upgrade"][..], &["status"]] {
        let said = told(words).await;
        assert!(said.contains("failed to read the journal"), "{said}");
        assert!(said.contains("bring it back from a backup"), "{said}");
    }
    // Without a backup.
    project
        .database
        .execute("ALTER SCHEMA windlass RENAME TO windlass_old")
        .await;
    project.windlass(&["stamp", "0001_t"]).run().await.expect(0);
    project.write("0002_m", "VACUUM t;");
    project.upgrade(0).await;
    assert_eq!(project.applied().await, ["0001_t", "0002_m"]);
}

#[tokio::test]
async fn branches_run_parents_first_and_meet_in_a_merge() {
    let project = Project::new(&[
        ("0001_base", "CREATE TABLE t (a int);"),
        (
            "0002_left",
            "-- windlass: after 0001_base\nALTER TABLE t ADD l int;",
        ),
        (
            "0003_right",
            "-- windlass: after 0001_base\nALTER TABLE t ADD r int;",
        ),
    ])
    .await;
    let two = project.upgrade(2).await;
    assert!(
        two.stderr.contains("0002_left") && two.stderr.contains("0003_right"),
        "{}",
        two.stderr
    );
    project.windlass(&["upgrade", "0002"]).run().await.expect(0);
    assert_eq!(project.applied().await, ["0001_base", "0002_left"]);
    let merged = project.windlass(&["merge", "-m", "both"]).run().await.expect(0);
    assert!(merged.stdout.contains("0004_both.sql"), "{}", merged.stdout);
    project.upgrade(0).await;
    assert_eq!(
        project.applied().await,
        ["0001_base", "0002_left", "0003_right", "0004_both"]
    );
    let parents =
        "SELECT array_to_string(parents, ' ') FROM windlass.revision WHERE revision_id = '0004_both'";
    assert_eq!(project.one(parents).await, "0002_left 0003_right");
    project.upgrade(0).await;
}
