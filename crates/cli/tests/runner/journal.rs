//! The journal: its versions, and what a person decides in it.

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

/// A project whose last run was killed in a CALL that had committed one row.
async fn unknown() -> Project {
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
