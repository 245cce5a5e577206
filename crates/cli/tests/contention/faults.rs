//! What happens to the runner itself, or to its connections, while others depend on it.

use std::time::{Duration, Instant};

use windlass_testkit::{Fault, Proxy, Rival};

use crate::scene::{End, Run, Scene, at_each_budget, begun};
use crate::{EXCLUSIVE, SECOND, one_after_the_other};

const CHECK: (&str, &str) = (
    "0002_check",
    "ALTER TABLE hot ADD CONSTRAINT slow CHECK (slow(n));",
);

/// A run whose network breaks when it holds the lock, before its last statement is sent.
async fn broken_with_the_lock_held(fault: Fault, budget: Duration) -> (Run, Proxy) {
    let scene = Scene::new(&[(
        "0002_c",
        "ALTER TABLE hot ADD COLUMN c int; CREATE TABLE fresh (x text); \
         INSERT INTO fresh VALUES ('one'); INSERT INTO fresh VALUES ('the other');",
    )])
    .await;
    let proxy = Proxy::start(&scene.database().url()).await;
    proxy.when_client_sends("the other", fault);
    let run = scene.begin_with(budget, &[("DATABASE_URL", proxy.url())]).await;
    proxy.wait_until_fired().await;
    (run, proxy)
}

#[tokio::test]
async fn measured_both_connections_are_swallowed() {
    // Until the runner has given them up.
    at_each_budget(async |budget| drop(swallowed(budget, 3 * SECOND).await)).await;
}

#[tokio::test]
async fn measured_both_connections_are_swallowed_until_the_server_ended_them() {
    at_each_budget(async |budget| {
        let end = swallowed(budget, Duration::ZERO).await;
        assert!(!end.stderr.contains("error: 0002_c step 1"), "{}", end.stderr);
    })
    .await;
}

/// Both connections are frozen with the lock held, until the server has ended what nobody could end any more, and then
/// for so long.
async fn swallowed(budget: Duration, more: Duration) -> End {
    let (run, proxy) = broken_with_the_lock_held(Fault::SwallowBefore, budget).await;
    run.database().wait_for(EXCLUSIVE, |count| count == 0).await;
    tokio::time::sleep(more).await;
    proxy.resume();
    let end = run.end_any().await;
    end.kept();
    assert!(matches!(end.code, Some(0 | 7)), "{:?}: {}", end.code, end.stderr);
    end
}

#[tokio::test]
async fn measured_the_connection_is_cut_with_the_lock_held() {
    at_each_budget(async |budget| {
        let (run, _proxy) = broken_with_the_lock_held(Fault::CutBefore, budget).await;
        let end = run.end(0).await;
        end.kept();
        assert_eq!(end.attempts(), 2, "{}", end.stderr);
        let fresh = "SELECT count(*) FROM fresh";
        assert_eq!(end.database().query_one_text(fresh).await, "2", "nothing twice");
    })
    .await;
}

#[tokio::test]
async fn measured_a_watchdog_that_cannot_see_lets_nobody_wait() {
    at_each_budget(async |budget| {
        let scene = Scene::new(&[CHECK]).await;
        let proxy = Proxy::start(&scene.database().url()).await;
        let settings = [
            ("DATABASE_URL", proxy.url()),
            ("WINDLASS_LANE_DDL_RETRY_FOR", "4s"),
        ];
        let run = scene.begin_with(budget, &settings).await;
        run.database().wait_for(EXCLUSIVE, |count| count > 0).await;
        proxy.swallow_only("windlass watch");
        let since = Instant::now();
        run.says("could not see").await;
        println!("given up after {:?}", since.elapsed());
        tokio::time::sleep(SECOND).await;
        proxy.resume();
        run.end(3).await.kept();
    })
    .await;
}

#[tokio::test]
async fn measured_a_watchdog_whose_connection_is_cut_connects_again() {
    at_each_budget(async |budget| {
        let scene = Scene::new(&[CHECK]).await;
        let run = scene
            .begin_with(budget, &[("WINDLASS_LANE_DDL_RETRY_FOR", "4s")])
            .await;
        run.database().wait_for(EXCLUSIVE, |count| count > 0).await;
        let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                    WHERE application_name = 'windlass watch'";
        run.database().wait_for(cut, |count| count > 0).await;
        run.says("gave way after application queries had waited").await;
        run.end(3).await.kept();
    })
    .await;
}

#[tokio::test]
async fn measured_a_runner_that_freezes_while_the_server_writes_to_it_loses_the_lock() {
    // More than the buffers between them hold: the backend is stuck in its write, where no cancel reaches it.
    const TALK: &str =
        "ALTER TABLE hot ADD COLUMN c int; SELECT repeat('x', 1000) FROM generate_series(1, 100000);";
    at_each_budget(async |budget| frozen_in(TALK, true, budget).await).await;
}

#[tokio::test]
async fn measured_a_runner_that_freezes_while_it_scans_loses_the_lock() {
    at_each_budget(async |budget| frozen_in(CHECK.1, false, budget).await).await;
}

/// Freezes a runner whose statement holds the lock and would go on for long, and sees who ends it: at once, or once the
/// server is stuck in writing to it.
async fn frozen_in(revision: &str, is_written_to: bool, budget: Duration) {
    let settings = [("WINDLASS_LANE_DDL_RETRY_FOR", "4s")];
    let begin = async || {
        let scene = Scene::new(&[("0002_c", revision)]).await;
        scene.begin_with(budget, &settings).await
    };
    let mut run = begun(EXCLUSIVE, begin).await;
    run.child.sigstop();
    while is_written_to && !is_stuck(&run).await {
        run.child.sigcont();
        if !run.is_seen(EXCLUSIVE).await {
            run = begun(EXCLUSIVE, begin).await;
        }
        run.child.sigstop();
    }
    run.database().wait_for(EXCLUSIVE, |count| count == 0).await;
    run.child.sigcont();
    let end = run.end_any().await;
    end.kept();
    assert!(
        matches!(end.code, Some(0 | 3 | 7)),
        "{:?}: {}",
        end.code,
        end.stderr
    );
}

/// Waits until the server is stuck in writing to a frozen runner. Where that was frozen too late the statement ends instead,
/// and the lock with it.
async fn is_stuck(run: &Run) -> bool {
    let outcome = format!(
        "SELECT CASE WHEN EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'ClientWrite') THEN 1 \
                     WHEN ({EXCLUSIVE}) = 0 THEN 2 ELSE 0 END::bigint"
    );
    run.database().wait_for(&outcome, |outcome| outcome > 0).await;
    run.database().query_one_text(&outcome).await == "1"
}

#[tokio::test]
async fn measured_a_runner_that_freezes_in_the_queue_leaves_it() {
    at_each_budget(async |budget| {
        let queueing = "SELECT count(*) FROM pg_locks WHERE relation = 'hot'::regclass \
                         AND mode = 'AccessExclusiveLock'";
        let mut run = begun(queueing, async || {
            let scene = Scene::new(&[("0002_c", "ALTER TABLE hot ADD COLUMN c int;")]).await;
            for _ in 0..2 {
                // Younger than the budget, so that it is queued for.
                Rival::run(scene.database(), &one_after_the_other(budget * 4 / 5, 6)).await;
                tokio::time::sleep(budget * 2 / 5).await;
            }
            scene.begin(budget).await
        })
        .await;
        run.child.sigstop();
        run.database().wait_for(queueing, |count| count == 0).await;
        run.child.sigcont();
        let end = run.end_any().await;
        end.kept();
        assert!(matches!(end.code, Some(0 | 7)), "{:?}: {}", end.code, end.stderr);
    })
    .await;
}
