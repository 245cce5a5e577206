//! Ctrl-C: what runs is cancelled and rolled back, the lock is free, and what is done and what is not is said.
//! `interruptions` presses it at every point.

use std::net::TcpListener;
use std::time::Duration;

use windlass_testkit::Command;

use crate::project::{Ended, Project};

#[tokio::test]
async fn a_stopped_run_says_what_is_done_and_the_next_goes_on_there() {
    let project = Project::new(&[
        ("0001_t", "CREATE TABLE t (a int);"),
        (
            "0002_m",
            "INSERT INTO t VALUES (1);\nVACUUM t;\nINSERT INTO t VALUES (2);\nSELECT pg_sleep(60);",
        ),
    ])
    .await;
    let mut running = project.windlass(&["upgrade", "--json"]).spawn();
    project.wait_for_statement("SELECT pg_sleep(60)").await;
    running.sigint();
    let stopped = running.finish().await.expect(130);
    for told in [
        "stopping: the running statement is cancelled",
        "0002_m step 3 of 3: stopped as asked",
        "done: finished: 0001_t",
        "done: 0002_m: step 2 of 3 is done, nothing to undo",
        "run the same command again",
    ] {
        assert!(stopped.stderr.contains(told), "{told} in {}", stopped.stderr);
    }
    let answer: serde_json::Value = serde_json::from_str(&stopped.stdout).expect("it is JSON");
    assert_eq!(answer["error"]["exit"], 130, "{answer}");
    assert_eq!(answer["revisions"], serde_json::json!(["0001_t"]), "{answer}");
    // No backend of it is left to hold a lock or to run on.
    let ours = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'windlass%' \
                AND application_name <> 'windlass-testkit'";
    project.database.wait_for(ours, |count| count == 0).await;
    assert_eq!(
        project.one("SELECT count(*) FROM t").await,
        "1",
        "the step was rolled back"
    );
    assert_eq!(
        project.one("SELECT result FROM windlass.run").await,
        "interrupted"
    );
    project.write(
        "0002_m",
        "INSERT INTO t VALUES (1);\nVACUUM t;\nINSERT INTO t VALUES (2);",
    );
    let next = project.upgrade(0).await;
    assert!(next.stderr.contains("2 of 3 steps are done"), "{}", next.stderr);
    assert_eq!(project.one("SELECT count(*) FROM t").await, "2");
}

#[tokio::test]
async fn what_a_container_runtime_sends_stops_a_run_as_well() {
    let project = Project::new(&[("0001_s", "SELECT pg_sleep(60);")]).await;
    let mut running = project.windlass(&["upgrade"]).spawn();
    project.wait_for_statement("SELECT pg_sleep(60)").await;
    running.sigterm();
    let stopped = running.finish().await.expect(143);
    assert!(stopped.stderr.contains("stopped as asked"), "{}", stopped.stderr);
}

#[tokio::test]
async fn a_session_that_hangs_up_stops_a_run_in_order() {
    let project = Project::new(&[("0001_s", "CREATE TABLE t (a int);\nSELECT pg_sleep(60);")]).await;
    let mut running = project.windlass(&["upgrade"]).spawn();
    project.wait_for_statement("SELECT pg_sleep(60)").await;
    // The kernel sends one, and the shell another.
    running.sighup();
    running.sighup();
    let stopped = running.finish().await.expect(129);
    assert!(stopped.stderr.contains("stopped as asked"), "{}", stopped.stderr);
    assert_eq!(
        project.one("SELECT result FROM windlass.run").await,
        "interrupted"
    );
    // The backends end a moment after the process that they served, and their locks with them.
    let held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
    project.database.wait_for(held, |count| count == 0).await;
}

#[tokio::test]
async fn under_nohup_a_session_that_hangs_up_stops_nothing() {
    let project = Project::new(&[("0001_s", "SELECT pg_sleep(60);")]).await;
    let mut running = Command::new("sh")
        .args([
            "-c",
            "trap '' HUP; exec \"$0\" upgrade",
            env!("CARGO_BIN_EXE_windlass"),
        ])
        .current_dir(project.folder())
        .env("DATABASE_URL", project.database.url())
        .spawn();
    project.wait_for_statement("SELECT pg_sleep(60)").await;
    assert!(
        signals(running.pid(), "SigIgn:") & 0b1 != 0,
        "SIGHUP stays ignored"
    );
    running.sighup();
    running.sigint();
    running.finish().await.expect(130);
}

#[tokio::test]
async fn ctrl_c_ends_a_run_that_nobody_answers() {
    let project = Project::new(&[("0001_t", "CREATE TABLE t (a int);")]).await;
    let silent = TcpListener::bind("127.0.0.1:0").expect("127.0.0.1 has a free port");
    let port = silent.local_addr().expect("a bound socket has an address").port();
    for command in ["upgrade", "stamp"] {
        let mut waiting = project
            .windlass(&[command, "head"])
            .env(
                "DATABASE_URL",
                format!("postgresql://postgres@127.0.0.1:{port}/x"),
            )
            .spawn();
        let (connection, _) = silent.accept().expect("it comes");
        // Before it catches the signal, the system ends it.
        while signals(waiting.pid(), "SigCgt:") & 0b10 == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        waiting.sigint();
        let ended = waiting.finish().await.expect(130);
        assert!(ended.stderr.contains("stopped as asked"), "{}", ended.stderr);
        drop(connection);
    }
}

/// The signals that a process catches or ignores, the first of them the lowest bit.
fn signals(pid: u32, which: &str) -> u64 {
    let status =
        std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the system tells of its processes");
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix(which))
        .expect("the status says what is done with signals");
    u64::from_str_radix(mask.trim(), 16).expect("it is a mask")
}
