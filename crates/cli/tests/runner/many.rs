//! Many runners at once: one works, the others wait and find nothing to do.

use crate::project::{Ended, Project, is_full};

async fn race(revisions: &[(&str, &str)], runners: usize) -> Project {
    let project = Project::new(revisions).await;
    let children: Vec<_> = (0..runners)
        .map(|_| project.windlass(&["upgrade"]).spawn())
        .collect();
    for child in children {
        child.finish().await.expect(0);
    }
    project
}

fn runners() -> usize {
    if is_full() { 50 } else { 10 }
}

#[tokio::test]
async fn each_transactional_revision_is_applied_once() {
    let names: Vec<(String, String)> = (1..=20)
        .map(|n| (format!("{n:04}_m"), format!("CREATE TABLE m{n} (a int);")))
        .collect();
    let revisions: Vec<_> = names
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let project = race(&revisions, runners()).await;
    assert_eq!(project.applied().await.len(), 20);
}

#[tokio::test]
async fn concurrent_index_builds_do_not_wait_for_the_waiting_runners() {
    let mut names = vec![("0001_t".to_owned(), "CREATE TABLE t (a int, b int);".to_owned())];
    names.extend((2..=8).map(|n| {
        (
            format!("{n:04}_i"),
            format!("CREATE INDEX CONCURRENTLY i{n} ON t (a, b);"),
        )
    }));
    let revisions: Vec<_> = names
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let project = race(&revisions, runners()).await;
    assert_eq!(project.applied().await.len(), 8);
    assert_eq!(
        project
            .one("SELECT count(*) FROM pg_index WHERE NOT indisvalid")
            .await,
        "0"
    );
}

#[tokio::test]
async fn data_changes_outside_a_shared_transaction_happen_once() {
    let mut names = vec![("0001_t".to_owned(), "CREATE TABLE t (a int);".to_owned())];
    names.extend((2..=21).map(|n| {
        (
            format!("{n:04}_d"),
            format!("-- windlass: no-transaction\nINSERT INTO t VALUES ({n});"),
        )
    }));
    let revisions: Vec<_> = names
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let project = race(&revisions, runners()).await;
    assert_eq!(
        project
            .one("SELECT count(*) || ' ' || count(DISTINCT a) FROM t")
            .await,
        "20 20"
    );
}

#[tokio::test]
async fn no_wait_gives_up_at_once_and_says_for_whom() {
    let project = Project::new(&[("0001_s", "SELECT pg_sleep(60);")]).await;
    let mut running = project.windlass(&["upgrade"]).spawn();
    project.wait_for_statement("SELECT pg_sleep(60)").await;
    let finished = project.windlass(&["upgrade", "--no-wait"]).run().await.expect(3);
    assert!(
        finished
            .stderr
            .contains("another runner leads this database: pid "),
        "{}",
        finished.stderr
    );
    assert!(
        finished.stderr.contains("without --no-wait"),
        "{}",
        finished.stderr
    );
    let (_, leads) = finished.stderr.split_once("this database: pid ").unwrap();
    let leader: String = leads.chars().take_while(char::is_ascii_digit).collect();
    let limited = project
        .windlass(&["upgrade", "--wait-timeout", "10ms"])
        .run()
        .await
        .expect(3);
    assert!(
        limited.stderr.contains("a longer --wait-timeout") && !limited.stderr.contains("--no-wait"),
        "{}",
        limited.stderr
    );
    let end = format!("SELECT pg_terminate_backend({leader})");
    assert!(limited.stderr.contains(&end), "{}", limited.stderr);
    running.sigint();
    let stopped = running.finish().await.expect(130);
    assert!(stopped.stderr.contains("stopped as asked"), "{}", stopped.stderr);
    // The backends end a moment after the process that they served.
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
    project.database.wait_for_text(locks, |found| found == "0").await;
}

#[tokio::test]
async fn a_group_on_an_unused_database_stops_where_a_revision_is_at_fault() {
    let mut names: Vec<(String, String)> = (1..=120)
        .map(|n| (format!("{n:04}_g"), format!("CREATE TABLE g{n} (a int);")))
        .collect();
    names[69].1 = "CREATE TABLE g1 (a int);".to_owned();
    let revisions: Vec<_> = names
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let project = Project::new(&revisions).await;
    let finished = project.upgrade(1).await;
    assert!(
        finished
            .stderr
            .contains("0070_g step 1 of 1: line 1: CREATE TABLE g1 (a int)"),
        "{}",
        finished.stderr
    );
    assert_eq!(project.applied().await.len(), 69);
    project.write("0070_g", "CREATE TABLE g70 (a int);");
    project.upgrade(0).await;
    assert_eq!(project.applied().await.len(), 120);
    assert_eq!(
        project
            .one("SELECT count(*) FROM windlass.step WHERE state = 'done'")
            .await,
        "120"
    );
    assert_eq!(project.one("SELECT count(*) FROM windlass.history").await, "120");
}

#[tokio::test]
async fn on_a_database_in_use_only_what_makes_nobody_wait_shares_a_transaction() {
    let project = Project::new(&[("0001_t", "CREATE TABLE t (a int);")]).await;
    project.upgrade(0).await;
    let mixed = [
        ("0002_a", "CREATE TABLE a (a int);"),
        ("0003_b", "CREATE FUNCTION b() RETURNS int LANGUAGE sql RETURN 1;"),
        ("0004_altered", "ALTER TABLE t ADD b int;"),
        ("0005_c", "CREATE TABLE c (a int);"),
        ("0006_d", "CREATE TABLE d (a int);"),
        ("0007_filled", "INSERT INTO t VALUES (1);"),
        ("0008_e", "CREATE TABLE e (a int);"),
        ("0009_fault", "CREATE TABLE a (a int);"),
        ("0010_f", "CREATE TABLE f (a int);"),
    ];
    for (id, sql) in mixed {
        project.write(id, sql);
    }
    let stopped = project.upgrade(1).await;
    assert!(
        stopped.stderr.contains("0009_fault step 1 of 1"),
        "{}",
        stopped.stderr
    );
    let shared = "SELECT string_agg(left(revision_id, 4), ' ' ORDER BY position) FROM windlass.revision \
                   WHERE revision_id > '0002' GROUP BY xmin::text ORDER BY min(position)";
    let transactions = ["0002 0003", "0004", "0005 0006", "0007", "0008"];
    assert_eq!(project.database.query_column(shared).await, transactions);
    project.write("0009_fault", "CREATE TABLE g (a int);");
    project.upgrade(0).await;
    let transactions = ["0002 0003", "0004", "0005 0006", "0007", "0008", "0009 0010"];
    assert_eq!(project.database.query_column(shared).await, transactions);
    assert_eq!(project.one("SELECT count(*) FROM windlass.history").await, "10");
}
