//! Who waits for a migration through others, and who may be left waiting.

use windlass_testkit::Rival;

use crate::project::is_full;
use crate::scene::{Run, Scene, at_each_budget};
use crate::{EXCLUSIVE, SECOND};

/// An index build of a few seconds that blocks nobody's queries.
const BUILD: (&str, &str) = (
    "0002_i",
    "CREATE INDEX CONCURRENTLY hot_slow ON hot (slow(n)) WHERE id < 200;",
);

async fn building(run: &Run) {
    let builds = "SELECT count(*) FROM pg_stat_progress_create_index WHERE phase LIKE 'building%'";
    run.database().wait_for(builds, |count| count > 0).await;
}

#[tokio::test]
async fn measured_one_that_waits_for_us_while_it_blocks_another() {
    at_each_budget(async |budget| {
        let check = "ALTER TABLE few ADD CONSTRAINT slow CHECK (slow(n));";
        let scene = Scene::new(&[("0002_check", check)]).await;
        // A scan of some seconds, that nobody but these two waits for.
        let few = "CREATE TABLE few AS SELECT g AS id, g AS n FROM generate_series(1, 250) g";
        scene.database().execute(few).await;
        let holding = "SET application_name = 'traffic'; BEGIN; UPDATE child SET n = n + 1 WHERE id = 1";
        let first = Rival::hold(scene.database(), holding).await;
        let run = scene.begin(budget).await;
        let exclusive = EXCLUSIVE.replace("hot", "few");
        run.database().wait_for(&exclusive, |count| count > 0).await;
        let behind = "SET application_name = 'traffic'; UPDATE child SET n = n + 1 WHERE id = 1";
        let second = Rival::run(run.database(), behind).await;
        // Waits for us, and lets the second wait until it is through.
        first.execute("UPDATE few SET n = n + 1 WHERE id = 1").await;
        first.commit().await;
        second.finish().await.expect("the row is free again");
        let end = run.end(0).await;
        end.kept();
        assert!(end.attempts() > 1, "{}", end.stderr);
    })
    .await;
}

/// A colleague's statement waits for a build in an old snapshot, which the build in its end waits for. With
/// this `deadlock_timeout` PostgreSQL would find that out when the colleague looks, and fail the colleague.
fn looking_late(sql: &str) -> String {
    format!("SET deadlock_timeout = '10s'; {sql}")
}

#[tokio::test]
async fn measured_who_says_so_keeps_a_build_behind_which_ddl_waits() {
    let scene = Scene::new(&[BUILD]).await;
    let run = scene
        .begin_with(SECOND, &[("WINDLASS_ON_DDL_WAITER", "keep")])
        .await;
    building(&run).await;
    let late = looking_late("ALTER TABLE hot ADD COLUMN theirs int");
    let colleague = Rival::run(run.database(), &late).await;
    run.says("makes other sessions wait").await;
    run.says("gave way to who waits for it and is waited for").await;
    let end = run.end(0).await;
    colleague.finish().await.expect("it is not the deadlock's victim");
    assert_eq!(end.traffic.failed(), 0, "{}", end.traffic);
    assert!(end.stalled.longest > SECOND, "{:?}", end.stalled);
    assert!(
        end.longest_by_itself() > SECOND,
        "the run hides nothing: {}",
        end.json
    );
}

#[tokio::test]
async fn measured_lone_ddl_behind_a_build_is_told_and_let_wait_until_the_build_waits_for_it() {
    at_each_budget(async |budget| {
        // Their locks are such that no query of the traffic waits for them.
        let both = ["ANALYZE hot", "ALTER TABLE hot ALTER n SET STATISTICS 50"];
        for theirs in &both[..if is_full() { 2 } else { 1 }] {
            let run = Scene::new(&[BUILD]).await.begin(budget).await;
            building(&run).await;
            let colleague = Rival::run(run.database(), &looking_late(theirs)).await;
            run.says("makes other sessions wait").await;
            run.says(theirs).await;
            run.says("gave way to who waits for it and is waited for").await;
            let end = run.end(0).await;
            end.kept();
            assert!(end.longest_by_itself() <= budget, "it is no query: {}", end.json);
            colleague.finish().await.expect("it is not the deadlock's victim");
        }
    })
    .await;
}

#[tokio::test]
async fn measured_lone_ddl_that_gives_up_costs_a_build_nothing() {
    at_each_budget(async |budget| {
        // It goes on for long after theirs has given up.
        let long = BUILD.1.replace("id < 200", "id < 400");
        let run = Scene::new(&[(BUILD.0, &long)]).await.begin(budget).await;
        building(&run).await;
        let theirs = "SET lock_timeout = '800ms'; ALTER TABLE hot ALTER n SET STATISTICS 50";
        let colleague = Rival::run(run.database(), theirs).await;
        run.says("makes other sessions wait").await;
        let end = run.end(0).await;
        end.kept();
        let gave_up = colleague.finish().await.expect_err("its own timeout ended it");
        assert_eq!(gave_up.code().map(|code| code.code()), Some("55P03"));
        assert_eq!(end.attempts(), 1, "{}", end.stderr);
    })
    .await;
}

#[tokio::test]
async fn measured_lone_ddl_behind_a_validation_is_told_and_let_wait() {
    at_each_budget(async |budget| {
        let scene = Scene::new(&[("0002_v", "ALTER TABLE few VALIDATE CONSTRAINT slow;")]).await;
        let few = "CREATE TABLE few AS SELECT g AS id, g AS n FROM generate_series(1, 250) g; \
                   ALTER TABLE few ADD CONSTRAINT slow CHECK (slow(n)) NOT VALID";
        scene.database().execute(few).await;
        let run = scene.begin(budget).await;
        let validating = EXCLUSIVE
            .replace("hot", "few")
            .replace("AccessExclusiveLock", "ShareUpdateExclusiveLock");
        run.database().wait_for(&validating, |count| count > 0).await;
        let colleague = Rival::run(run.database(), "ANALYZE few").await;
        run.says("makes other sessions wait").await;
        let end = run.end(0).await;
        end.kept();
        colleague.finish().await.expect("nobody cancelled it");
        assert_eq!(end.attempts(), 1, "{}", end.stderr);
    })
    .await;
}

#[tokio::test]
async fn measured_cleaning_up_after_a_failed_build_blocks_nobodys_ddl_for_long() {
    at_each_budget(async |budget| {
        let unique = "CREATE UNIQUE INDEX CONCURRENTLY hot_u ON hot ((id % 10));";
        let scene = Scene::new(&[("0002_u", unique)]).await;
        // It blocks neither the build nor the colleague's, but the removal of what the build left.
        let reader = Rival::hold(scene.database(), "BEGIN; SELECT * FROM hot LIMIT 1").await;
        let run = scene.begin(budget).await;
        let removals = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'windlass work' \
                         AND query LIKE 'DROP INDEX CONCURRENTLY%' AND wait_event_type = 'Lock'";
        run.database().wait_for(removals, |count| count > 0).await;
        let colleague = Rival::run(run.database(), "CREATE INDEX theirs ON hot ((n + 1))").await;
        colleague.finish().await.expect("it got its lock");
        reader.release().await;
        let end = run.end(1).await;
        end.kept();
        let left = "SELECT count(*) FROM pg_class WHERE relname = 'hot_u'";
        assert_eq!(end.database().query_one_text(left).await, "0");
    })
    .await;
}

#[tokio::test]
async fn measured_a_backfill_whose_batches_are_too_wide() {
    at_each_budget(async |budget| {
        // The first batch would hold its rows for seconds.
        let fill = "-- windlass: backfill wide on hot batch=10000\n\
                    UPDATE hot SET n = -1000000 WHERE id <= 150 AND n > -500000 AND slow(n);";
        let scene = Scene::new(&[("0002_b", fill)]).await;
        let scene = scene.also(10, "UPDATE hot SET n = n WHERE id = {1..150}");
        let end = scene.begin(budget).await.end(0).await;
        end.kept();
        let left = "SELECT count(*) FROM hot WHERE id <= 150 AND n > -500000";
        assert_eq!(end.database().query_one_text(left).await, "0");
    })
    .await;
}
