//! The stall budget on a hot table: whatever is in the way, no query of the application waits for a
//! migration longer than the budget, and the migration is applied wherever the blocker ends in time.
//!
//! The waits are measured from outside (`Stalls`), beside what the run itself says.

#[cfg(target_os = "linux")]
mod cost;
mod faults;
mod forms;
mod holders;
mod pooler;
#[path = "../runner/project.rs"]
#[allow(dead_code, reason = "the runner's tests use the rest")]
mod project;
mod rights;
mod scene;
mod standby;
mod table;
mod waiters;

use std::time::Duration;

use scene::{Scene, at_each_budget, begun, hold};
use windlass_testkit::{Database, Rival, Server};

const SECOND: Duration = Duration::from_secs(1);

/// How many hold the hot table so that nobody can use it.
const EXCLUSIVE: &str = "SELECT count(*) FROM pg_locks WHERE relation = 'hot'::regclass \
    AND mode = 'AccessExclusiveLock' AND granted";

/// Transactions that hold the hot table, each this long and the next at once behind it.
fn one_after_the_other(each: Duration, times: u32) -> String {
    format!(
        "DO $$ BEGIN FOR i IN 1..{times} LOOP PERFORM pg_sleep({}) FROM hot WHERE id = i; COMMIT; END LOOP; END $$",
        each.as_secs_f64()
    )
}

#[tokio::test]
async fn measured_idle_in_transaction_is_waited_for_outside_the_queue() {
    at_each_budget(async |budget| {
        let scene = Scene::new(&[("0002_c", "ALTER TABLE hot ADD COLUMN c int;")]).await;
        let rival = Rival::hold(scene.database(), "BEGIN; SELECT * FROM hot LIMIT 1").await;
        let run = scene.begin(budget).await;
        run.says("not queueing behind who holds the lock").await;
        run.says("pg_terminate_backend").await;
        tokio::time::sleep(hold()).await;
        let pid = rival.pid().to_string();
        rival.release().await;
        let end = run.end(0).await;
        end.kept();
        assert!(end.longest_by_itself() <= budget);
        assert_eq!(end.json["steps"][0]["blockers"][0]["pid"].to_string(), pid);
        let noted = "SELECT blockers #>> '{0,pid}' FROM windlass.step WHERE revision_id = '0002_c'";
        assert_eq!(end.database().query_one_text(noted).await, pid);
    })
    .await;
}

#[tokio::test]
async fn measured_idle_in_transaction_for_ever_ends_with_its_name() {
    at_each_budget(async |budget| {
        let scene = Scene::new(&[("0002_c", "ALTER TABLE hot ADD COLUMN c int;")]).await;
        let rival = Rival::hold(scene.database(), "BEGIN; SELECT * FROM hot LIMIT 1").await;
        let run = scene
            .begin_with(budget, &[("WINDLASS_LANE_DDL_RETRY_FOR", "3s")])
            .await;
        let end = run.end(3).await;
        end.kept();
        let pid = rival.pid().to_string();
        for part in [
            pid.as_str(),
            "idle in transaction",
            "pg_terminate_backend",
            "resumes at this step",
        ] {
            assert!(end.stderr.contains(part), "{part}: {}", end.stderr);
        }
        assert_eq!(end.json["error"]["blockers"][0]["pid"].to_string(), pid);
        assert!(end.longest_by_itself() <= budget, "{}", end.json);
        let noted = "SELECT error #>> '{blockers,0,pid}' || ' ' || (error ->> 'revision') || ' ' || (error ->> 'step') \
                       FROM windlass.run ORDER BY started_at DESC LIMIT 1";
        let noted = end.database().query_one_text(noted).await;
        assert_eq!(noted, format!("{pid} 0002_c 1"));
        drop(rival);
    })
    .await;
}

#[tokio::test]
async fn measured_a_long_query_is_let_finish() {
    at_each_budget(async |budget| {
        let scene = Scene::new(&[("0002_c", "ALTER TABLE hot ADD COLUMN c int;")]).await;
        let query = format!("SELECT pg_sleep({}) FROM hot WHERE id = 1", hold().as_secs());
        let rival = Rival::run(scene.database(), &query).await;
        let end = scene.begin(budget).await.end(0).await;
        end.kept();
        rival.finish().await.expect("nobody cancelled it");
    })
    .await;
}

#[tokio::test]
async fn measured_a_saturated_table_yields_its_lock() {
    at_each_budget(async |budget| {
        let scene = Scene::new(&[("0002_c", "ALTER TABLE hot ADD COLUMN c int;")]).await;
        let mut busy = Vec::new();
        for _ in 0..4 {
            // One after the other: there is never a moment without a holder.
            let holding = one_after_the_other(
                budget / 5,
                60_000 / u32::try_from(budget.as_millis() / 5).unwrap_or(1),
            );
            busy.push(Rival::run(scene.database(), &holding).await);
            tokio::time::sleep(budget / 20).await;
        }
        let end = scene.begin(budget).await.end(0).await;
        end.kept();
        assert!(
            busy.iter().any(|rival| !rival.is_finished()),
            "it was saturated to the end"
        );
    })
    .await;
}

#[tokio::test]
async fn measured_a_small_budget_is_kept_as_well() {
    let budget = Duration::from_millis(300);
    let scene = Scene::new(&[("0002_c", "ALTER TABLE hot ADD COLUMN c int;")]).await;
    let rival = Rival::hold(scene.database(), "BEGIN; SELECT * FROM hot LIMIT 1").await;
    let run = scene.begin(budget).await;
    run.says("not queueing behind who holds the lock").await;
    tokio::time::sleep(hold() / 2).await;
    rival.release().await;
    run.end(0).await.kept();
}

#[tokio::test]
async fn measured_autovacuum_is_evicted() {
    at_each_budget(async |budget| {
        let scene = Scene::on(
            slow_autovacuum().await,
            &[("0002_c", "ALTER TABLE hot ADD COLUMN c int;")],
        )
        .await;
        vacuumed(scene.database()).await;
        scene.begin(budget).await.end(0).await.kept();
    })
    .await;
}

#[tokio::test]
async fn measured_autovacuum_to_prevent_wraparound_is_named_and_let_finish() {
    if !project::is_full() {
        // It takes 110,000 transactions, and then as long as the server likes.
        println!("skipped: only in the full suite");
        return;
    }
    at_each_budget(async |budget| {
        let scene = Scene::small(slow_autovacuum().await, &[("0002_c", "ALTER TABLE hot ADD COLUMN c int;")]).await;
        let database = scene.database();
        database
            .execute(
                // Only that one comes to a table for which autovacuum is turned off.
                "ALTER TABLE hot SET (autovacuum_enabled = off, autovacuum_freeze_max_age = 100000, \
                        autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)",
            )
            .await;
        // So many transactions, that it is time.
        database
            .execute("DO $$ BEGIN FOR i IN 1..110000 LOOP PERFORM txid_current(); COMMIT; END LOOP; END $$")
            .await;
        let vacuums = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'autovacuum: VACUUM public.hot (to prevent%'";
        scene::wait_long(database, vacuums).await;
        let run = scene
            .begin_with(budget, &[("WINDLASS_LANE_DDL_RETRY_FOR", "3s")])
            .await;
        run.says("(to prevent wraparound)").await;
        let end = run.end(3).await;
        end.kept();
        let told = "autovacuum to prevent wraparound must finish";
        assert!(end.stderr.contains(told), "{}", end.stderr);
        assert!(!end.stderr.contains("pg_cancel_backend"), "{}", end.stderr);
        assert_eq!(end.database().query_one_text(vacuums).await, "1", "nobody chased it away");
    })
    .await;
}

#[tokio::test]
async fn measured_a_prepared_transaction_is_named() {
    at_each_budget(async |budget| {
        let server = Server::builder()
            .setting("max_prepared_transactions", "5")
            .start()
            .await;
        let scene = Scene::on(server, &[("0002_c", "ALTER TABLE hot ADD COLUMN c int;")]).await;
        let rival = Rival::hold(
            scene.database(),
            "BEGIN; SELECT * FROM hot LIMIT 1; PREPARE TRANSACTION 'left behind'",
        )
        .await;
        let run = scene.begin(budget).await;
        run.says("ROLLBACK PREPARED 'left behind'").await;
        rival.execute("ROLLBACK PREPARED 'left behind'").await;
        run.end(0).await.kept();
    })
    .await;
}

#[tokio::test]
async fn measured_a_foreign_key_to_a_second_hot_table() {
    at_each_budget(async |budget| {
        let scene = Scene::new(&[(
            "0002_fk",
            "ALTER TABLE child ADD CONSTRAINT fk FOREIGN KEY (hot_id) REFERENCES hot NOT VALID;",
        )])
        .await;
        let rival = Rival::hold(scene.database(), "BEGIN; UPDATE hot SET n = n WHERE id = 9999").await;
        let run = scene.begin(budget).await;
        run.says("not queueing behind who holds the lock").await;
        tokio::time::sleep(hold() / 2).await;
        rival.release().await;
        run.end(0).await.kept();
    })
    .await;
}

#[tokio::test]
async fn measured_forty_partitions() {
    at_each_budget(async |budget| {
        let scene = Scene::new(&[("0002_c", "ALTER TABLE parted ADD COLUMN c int;")]).await;
        let rival = Rival::hold(scene.database(), "BEGIN; SELECT * FROM parted_7 LIMIT 1").await;
        let run = scene.begin(budget).await;
        run.says("not queueing behind who holds the lock").await;
        tokio::time::sleep(hold() / 2).await;
        rival.release().await;
        run.end(0).await.kept();
    })
    .await;
}

#[tokio::test]
async fn measured_drop_table_with_foreign_keys() {
    at_each_budget(async |budget| {
        let scene = Scene::new(&[("0002_drop", "DROP TABLE tied;")]).await;
        let rival = Rival::hold(scene.database(), "BEGIN; SELECT * FROM hot LIMIT 1").await;
        let run = scene.begin(budget).await;
        run.says("AccessShareLock on hot").await;
        tokio::time::sleep(hold() / 2).await;
        rival.release().await;
        run.end(0).await.kept();
    })
    .await;
}

#[tokio::test]
async fn measured_nobody_is_the_deadlock_victim_of_a_migration() {
    at_each_budget(async |budget| {
        let scene = Scene::new(&[(
            "0002_both",
            "ALTER TABLE hot ADD COLUMN c int; ALTER TABLE child ADD COLUMN c int;",
        )])
        .await;
        // Each transaction of these takes child first, then hot: the other order than the migration's.
        let crossing = format!(
            "DO $$ BEGIN FOR i IN 1..{} LOOP UPDATE child SET n = n + 1 WHERE id = 1; PERFORM pg_sleep({}); \
         UPDATE hot SET n = n + 1 WHERE id = 1; COMMIT; END LOOP; END $$",
            if project::is_full() { 60 } else { 25 },
            budget.as_secs_f64() / 20.0
        );
        let mut rivals = Vec::new();
        for _ in 0..3 {
            rivals.push(Rival::run(scene.database(), &crossing).await);
        }
        let end = scene.begin(budget).await.end(0).await;
        end.kept();
        for rival in rivals {
            rival
                .finish()
                .await
                .expect("no application transaction is the victim");
        }
    })
    .await;
}

#[tokio::test]
async fn measured_a_scan_under_a_strong_lock_is_ended_by_the_watchdog() {
    at_each_budget(async |budget| {
        let scene = Scene::new(&[(
            "0002_check",
            "ALTER TABLE hot ADD CONSTRAINT slow CHECK (slow(n));",
        )])
        .await;
        let run = scene
            .begin_with(budget, &[("WINDLASS_LANE_DDL_RETRY_FOR", "4s")])
            .await;
        run.says("gave way after application queries had waited").await;
        let end = run.end(3).await;
        end.kept();
        let constraints = "SELECT count(*) FROM pg_constraint WHERE conname = 'slow'";
        assert_eq!(end.database().query_one_text(constraints).await, "0");
    })
    .await;
}

#[tokio::test]
async fn measured_a_data_change_that_makes_queries_wait_is_given_up_with_advice() {
    at_each_budget(async |budget| {
        let scene = Scene::new(&[("0002_u", "UPDATE hot SET n = n + 1 WHERE slow(n);")]).await;
        let run = scene.begin(budget).await;
        let end = run.end(3).await;
        end.kept();
        assert!(end.stderr.contains("make it a backfill"), "{}", end.stderr);
    })
    .await;
}

#[tokio::test]
async fn measured_a_colleagues_alter_behind_our_index_build_makes_us_give_way() {
    at_each_budget(async |budget| {
        let scene = Scene::new(&[(
            "0002_i",
            "CREATE INDEX CONCURRENTLY hot_slow ON hot (slow(n)) WHERE id < 200;",
        )])
        .await;
        let run = scene.begin(budget).await;
        let database = run.database();
        database
            .wait_for("SELECT count(*) FROM pg_stat_progress_create_index", |count| {
                count > 0
            })
            .await;
        let colleague = Rival::run(database, "ALTER TABLE hot ADD COLUMN theirs int").await;
        run.says("gave way after application queries had waited").await;
        colleague
            .finish()
            .await
            .expect("the colleague's ALTER goes through");
        let end = run.end(0).await;
        end.kept();
        let valid = "SELECT indisvalid::text FROM pg_index WHERE indexrelid = 'hot_slow'::regclass";
        assert_eq!(end.database().query_one_text(valid).await, "true");
    })
    .await;
}

#[tokio::test]
async fn measured_an_absent_synchronous_standby_keeps_no_lock() {
    at_each_budget(async |budget| {
        let scene = Scene::new(&[("0002_c", "ALTER TABLE hot ADD COLUMN c int;")]).await;
        let database = scene.database();
        database
            .execute("ALTER SYSTEM SET synchronous_standby_names = 'nope'")
            .await;
        database.execute("SELECT pg_reload_conf()").await;
        let run = scene.reading_only().begin(budget).await;
        let database = run.database();
        let column = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'hot'::regclass AND attname = 'c'";
        database.wait_for(column, |count| count == 1).await;
        let locks =
            "SELECT count(*) FROM pg_locks WHERE relation = 'hot'::regclass AND mode = 'AccessExclusiveLock'";
        database.wait_for(locks, |count| count == 0).await;
        database
            .execute("ALTER SYSTEM RESET synchronous_standby_names")
            .await;
        database.execute("SELECT pg_reload_conf()").await;
        run.end(0).await.kept();
    })
    .await;
}

#[tokio::test]
async fn measured_a_runner_that_freezes_with_the_lock_loses_it() {
    at_each_budget(async |budget| {
        let slow = format!(
            "ALTER TABLE hot ADD COLUMN c int; CREATE TABLE fresh (x text); \
         INSERT INTO fresh SELECT pg_sleep({})::text; INSERT INTO fresh VALUES ('done');",
            budget.as_secs_f64() * 0.3
        );
        let mut run = begun(EXCLUSIVE, async || {
            let scene = Scene::new(&[("0002_c", &slow)]).await;
            scene.begin(budget).await
        })
        .await;
        run.child.sigstop();
        // The server ends what the frozen runner held.
        run.database().wait_for(EXCLUSIVE, |count| count == 0).await;
        run.child.sigcont();
        let end = run.end_any().await;
        end.kept();
        assert!(matches!(end.code, Some(0 | 7)), "{:?}: {}", end.code, end.stderr);
    })
    .await;
}

#[tokio::test]
async fn measured_an_idle_transaction_is_terminated_where_the_settings_say_so() {
    let scene = Scene::new(&[("0002_c", "ALTER TABLE hot ADD COLUMN c int;")]).await;
    let role = scene.database().create_role("").await;
    scene
        .database()
        .execute(&format!("GRANT ALL ON hot TO {role}"))
        .await;
    let idle = Rival::hold_as(scene.database(), &role, "BEGIN; SELECT * FROM hot LIMIT 1").await;
    let settings = [("WINDLASS_BLOCKERS_TERMINATE_IDLE_IN_TRANSACTION", "2s")];
    let end = scene.begin_with(SECOND, &settings).await.end(0).await;
    end.kept();
    assert!(
        end.stderr.contains(&format!("terminated pid {}", idle.pid())),
        "{}",
        end.stderr
    );
    let noted = "SELECT detail FROM windlass.history WHERE action = 'blocker ended'";
    let noted = end.database().query_one_text(noted).await;
    assert!(
        noted.contains(&format!("terminated pid {}", idle.pid())),
        "{noted}"
    );
}

#[tokio::test]
async fn measured_a_superusers_idle_transaction_is_let_be() {
    let scene = Scene::new(&[("0002_c", "ALTER TABLE hot ADD COLUMN c int;")]).await;
    let idle = Rival::hold(scene.database(), "BEGIN; SELECT * FROM hot LIMIT 1").await;
    let settings = [
        ("WINDLASS_BLOCKERS_TERMINATE_IDLE_IN_TRANSACTION", "1s"),
        ("WINDLASS_LANE_DDL_RETRY_FOR", "3s"),
    ];
    let end = scene.begin_with(SECOND, &settings).await.end(3).await;
    end.kept();
    idle.execute("SELECT 1").await;
}

#[tokio::test]
async fn measured_a_query_is_cancelled_where_the_settings_say_so() {
    let scene = Scene::new(&[("0002_c", "ALTER TABLE hot ADD COLUMN c int;")]).await;
    let role = scene.database().create_role("").await;
    scene
        .database()
        .execute(&format!("GRANT ALL ON hot TO {role}"))
        .await;
    let query = "SELECT pg_sleep(60) FROM hot WHERE id = 1";
    let busy = Rival::run_as(scene.database(), &role, query).await;
    let settings = [("WINDLASS_BLOCKERS_CANCEL_QUERIES", "2s")];
    let end = scene.begin_with(SECOND, &settings).await.end(0).await;
    end.kept();
    let cancelled = busy.finish().await.expect_err("it was cancelled");
    assert_eq!(cancelled.code().map(|code| code.code()), Some("57014"));
}

#[tokio::test]
async fn measured_an_autovacuum_is_cancelled_where_the_settings_say_so() {
    let scene = Scene::on(
        slow_autovacuum().await,
        &[("0002_c", "ALTER TABLE hot ADD COLUMN c int;")],
    )
    .await;
    vacuumed(scene.database()).await;
    let settings = [("WINDLASS_BLOCKERS_CANCEL_AUTOVACUUM", "true")];
    let end = scene.begin_with(SECOND, &settings).await.end(0).await;
    end.kept();
    assert!(end.stderr.contains("autovacuum worker"), "{}", end.stderr);
    assert!(end.stderr.contains("cancelled the query of"), "{}", end.stderr);
}

/// A server whose autovacuum starts soon.
pub(crate) async fn slow_autovacuum() -> Server {
    Server::builder()
        .setting("autovacuum_naptime", "1s")
        .start()
        .await
}

/// Waits until autovacuum works on the hot table, where it takes long.
pub(crate) async fn vacuumed(database: &Database) {
    let soon = "ALTER TABLE hot SET (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0, \
                       autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)";
    database.execute(soon).await;
    database.execute("UPDATE hot SET n = n WHERE id < 5000").await;
    let vacuums = "SELECT count(*) FROM pg_stat_progress_vacuum WHERE relid = 'hot'::regclass";
    scene::wait_long(database, vacuums).await;
}
