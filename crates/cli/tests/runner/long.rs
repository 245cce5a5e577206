//! Revisions of very many small data changes, which are sent without waiting for each answer.

use std::fmt::Write as _;

use windlass_testkit::Rival;

use crate::project::{Ended, Project};

const TABLE: (&str, &str) = ("0001_t", "CREATE TABLE t (id int PRIMARY KEY, seen int);");

/// One INSERT a line, with these ids.
fn inserts(ids: impl Iterator<Item = u32>) -> String {
    ids.fold(String::new(), |mut text, id| {
        let _ = writeln!(text, "INSERT INTO t (id, seen) VALUES ({id}, 0);");
        text
    })
}

#[tokio::test]
async fn a_failure_among_many_changes_is_told_by_its_own_line_and_nothing_of_them_stays() {
    let project = Project::new(&[TABLE]).await;
    project.upgrade(0).await;
    let twice = |line| if line == 151 { 150 } else { line };
    project.write("0002_rows", &inserts((1..=300).map(twice)));
    let failed = project.upgrade(1).await;
    assert!(
        failed
            .stderr
            .contains("line 151: INSERT INTO t (id, seen) VALUES (150, 0): duplicate key value"),
        "{}",
        failed.stderr
    );
    assert_eq!(project.one("SELECT count(*) FROM t").await, "0");
    assert_eq!(project.applied().await, ["0001_t"]);

    project.write("0002_rows", &inserts(1..=300));
    project.upgrade(0).await;
    assert_eq!(project.one("SELECT count(*) FROM t").await, "300");
    assert_eq!(
        project.upgrade(0).await.stderr.matches("nothing to do").count(),
        1
    );
}

#[tokio::test]
async fn a_locked_row_among_many_changes_is_waited_for_and_each_change_happens_once() {
    let project = Project::new(&[TABLE]).await;
    project.upgrade(0).await;
    project
        .database
        .execute("INSERT INTO t SELECT id, 0 FROM generate_series(1, 200) AS id")
        .await;
    let updates: String = (1..=200)
        .map(|id| format!("UPDATE t SET seen = seen + 1 WHERE id = {id};\n"))
        .collect();
    project.write("0002_seen", &updates);
    let rival = Rival::hold(
        &project.database,
        "BEGIN; SELECT FROM t WHERE id = 100 FOR UPDATE",
    )
    .await;
    let mut running = project
        .windlass(&["upgrade", "--set", "lane.dml.lock_timeout=200ms"])
        .spawn();
    running.wait_for_output("the lock was not free in time").await;
    rival.release().await;
    running.finish().await.expect(0);
    assert_eq!(
        project
            .one("SELECT count(*) || ' ' || min(seen) || ' ' || max(seen) FROM t")
            .await,
        "200 1 1"
    );
}

#[tokio::test]
async fn a_runner_killed_among_many_changes_has_done_nothing_of_them() {
    let project = Project::new(&[TABLE]).await;
    project.upgrade(0).await;
    project.write("0002_rows", &inserts(1..=300));
    // A key that somebody is about to take makes the change in the middle wait.
    let rival = Rival::hold(&project.database, "BEGIN; INSERT INTO t VALUES (150, 1)").await;
    project
        .kill_upgrade_in("INSERT INTO t (id, seen) VALUES (150, 0)")
        .await;
    drop(rival);
    project.upgrade(0).await;
    assert_eq!(
        project.one("SELECT count(*) || ' ' || max(seen) FROM t").await,
        "300 0"
    );
    assert_eq!(project.one("SELECT count(*) FROM windlass.history").await, "2");
}
