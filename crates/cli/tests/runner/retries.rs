//! What is tried again as a whole, and what is not.

use windlass_testkit::Proxy;

use crate::project::{AT_GATE, Ended, Gate, Project};

/// `flaky(code, times)` fails so often with that SQLSTATE; a sequence is not rolled back.
const FLAKY: (&str, &str) = (
    "0001_f",
    "CREATE TABLE t (a int);\nCREATE SEQUENCE tries;\n\
     CREATE FUNCTION flaky(code text, times int) RETURNS int LANGUAGE plpgsql AS \
     'BEGIN IF nextval(''tries'') <= times THEN RAISE EXCEPTION USING MESSAGE = ''not now'', ERRCODE = code; END IF; \
      PERFORM setval(''tries'', 1, false); RETURN 1; END';",
);

#[tokio::test]
async fn a_transaction_that_met_a_conflict_is_done_again_from_its_beginning() {
    let project = Project::new(&[FLAKY]).await;
    project.upgrade(0).await;
    for (number, code) in ["40001", "40P01", "55P03"].iter().enumerate() {
        let id = format!("000{}_d", number + 2);
        project.write(
            &id,
            &format!("INSERT INTO t VALUES (1);\nSELECT flaky('{code}', 2);\nINSERT INTO t VALUES (2);"),
        );
        // With a budget that is not over on a busy machine, where an attempt that nobody could watch is one more.
        let finished = project
            .windlass(&["upgrade", "--json", "--set", "lane.dml.backoff=linear 20ms"])
            .args(["--set", "stall_budget=60s"])
            .run()
            .await
            .expect(0);
        let answer: serde_json::Value = serde_json::from_str(&finished.stdout).expect("it is JSON");
        assert_eq!(answer["steps"][0]["attempts"], 3, "{code}: {answer}");
        assert_eq!(answer["retries"], 2, "{code}: {answer}");
        let rows = "SELECT count(*) FILTER (WHERE a = 1) || ' ' || count(*) FILTER (WHERE a = 2) FROM t";
        let count = number + 1;
        assert_eq!(project.one(rows).await, format!("{count} {count}"), "{code}");
    }
    // A statement that refuses a transaction, and one that commits by itself with its row.
    project.write(
        "0005_n",
        "-- windlass: no-transaction\nINSERT INTO t SELECT 3 WHERE flaky('40001', 1) = 1;",
    );
    project
        .windlass(&["upgrade", "--set", "lane.dml.backoff=linear 20ms"])
        .run()
        .await
        .expect(0);
    assert_eq!(project.one("SELECT count(*) FROM t WHERE a = 3").await, "1");
}

/// It once was given up as if the application had waited for its rows.
#[tokio::test]
async fn a_data_change_that_nobody_could_watch_for_a_moment_is_done_again() {
    let project = Project::new(&[("0001_t", "CREATE TABLE t (a int);")]).await;
    project.upgrade(0).await;
    project.write("0002_d", &format!("INSERT INTO t VALUES (1);\n{AT_GATE};"));
    let gate = Gate::shut(&project).await;
    let proxy = Proxy::start(&project.database.url()).await;
    let mut running = project.upgrade_by(proxy.url()).spawn();
    gate.wait(&project).await;
    proxy.swallow_only("windlass watch");
    running.wait_for_output("the watchdog could not see").await;
    proxy.resume();
    gate.open().await;
    let finished = running.finish().await.expect(0);
    let why = "attempt 1: nobody could see whether application queries waited; again in 2s";
    assert!(finished.stderr.contains(why), "{}", finished.stderr);
    assert_eq!(project.one("SELECT count(*) FROM t").await, "1");
}

#[tokio::test]
async fn nothing_else_is_tried_again() {
    let project = Project::new(&[FLAKY]).await;
    project.upgrade(0).await;
    for code in ["22012", "23505", "53200", "57014", "P0001", "XX000"] {
        project.write("0002_d", &format!("SELECT flaky('{code}', 1);"));
        let failed = project.windlass(&["upgrade", "--json"]).run().await.expect(1);
        let answer: serde_json::Value = serde_json::from_str(&failed.stdout).expect("it is JSON");
        assert_eq!(answer["retries"], 0, "{code}: {answer}");
        assert_eq!(answer["error"]["sqlstate"], code, "{answer}");
        assert_eq!(
            project.one("SELECT last_value FROM tries").await,
            "1",
            "{code}: it was called once"
        );
        project.database.execute("ALTER SEQUENCE tries RESTART").await;
    }
}
