//! Data changes in batches under traffic, kills, locks and bad rows: 50,000 rows each time, and two million of
//! them in the full suite (`WINDLASS_TEST_FULL`).

use std::time::Duration;

use windlass_testkit::{Rival, Server, Traffic, TrafficPlan, wait_until};

use crate::project::{Ended, Project, is_full};

/// A loaded machine takes its time.
const PATIENCE: Duration = Duration::from_secs(120);

/// Leads of a few very large and many small businesses, and some of none; ids negative, dense and far apart.
fn leads(rows: u32, tenants: u32) -> String {
    format!(
        "CREATE TABLE leads (id bigint PRIMARY KEY, tenant_id int, payload text, n bigint NOT NULL, other int DEFAULT 0);\n\
         INSERT INTO leads SELECT CASE WHEN g % 1000 = 0 THEN g * 1000000000::bigint ELSE g - {rows} / 2 END, \
                nullif((power(g::bigint * 7919 % {rows} / {rows}.0, 3) * {tenants})::int, 0), md5(g::text), 1 \
           FROM generate_series(1, {rows}) g;\n\
         CREATE INDEX leads_tenant ON leads (tenant_id, id);"
    )
}

/// Inserts, updates and deletes of the same rows. `done` is the value of `n` that new rows get.
fn traffic(rows: u32, done: i64) -> TrafficPlan {
    let half = i64::from(rows / 2);
    TrafficPlan::new(8, 200.0)
        .statement(
            4,
            &format!("UPDATE leads SET other = other + 1 WHERE id = {{-{half}..{half}}}"),
        )
        .statement(2, &format!("SELECT n FROM leads WHERE id = {{-{half}..{half}}}"))
        .statement(1, &format!("DELETE FROM leads WHERE id = {{-{half}..{half}}}"))
        .generated(1, move |random| {
            let id = random.within(1 << 55..1 << 56);
            format!(
                "INSERT INTO leads VALUES ({id}, {}, 'new', {done}) ON CONFLICT DO NOTHING",
                id % 9
            )
        })
}

async fn wait_for_rows(project: &Project, rows: i64) {
    while project.one("SELECT to_regclass('windlass.backfill_range')").await == "NULL" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let began = std::time::Instant::now();
    let sql = "SELECT coalesce(sum(rows_done), 0) FROM windlass.backfill_range";
    while project.one(sql).await.parse::<i64>().expect("a number") < rows {
        assert!(began.elapsed() < PATIENCE, "{rows} rows were waited for in vain");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// `windlass upgrade` of much data.
async fn upgrade(project: &Project) {
    let upgrade = project.windlass(&["upgrade"]).spawn();
    upgrade.finish_within(PATIENCE).await.expect(0);
}

#[tokio::test]
async fn each_row_once_while_the_application_inserts_updates_and_deletes() {
    const ROWS: u32 = 50_000;
    let make = leads(ROWS, 40);
    let project = Project::new(&[
        ("0001_leads", &make),
        (
            "0002_b",
            "-- windlass: backfill x on leads by tenant_id as business workers=2\nUPDATE leads SET n = n * 100;",
        ),
    ])
    .await;
    project.windlass(&["upgrade", "+1"]).run().await.expect(0);
    let mut upgrade = project.windlass(&["upgrade"]).spawn();
    // What comes from now on is above the bound that was fixed at the start.
    upgrade.wait_for_output("backfill: found").await;
    let running = Traffic::start(&project.database.url(), traffic(ROWS, 100)).await;
    wait_until("the traffic to flow", async || running.count() > 50).await;
    let finished = upgrade.finish_within(PATIENCE).await.expect(0);
    let report = running.stop().await;
    assert_eq!(report.failed(), 0, "{report}");
    assert_eq!(
        project
            .one("SELECT string_agg(DISTINCT n::text, ' ') FROM leads")
            .await,
        "100",
        "{}",
        finished.stderr
    );
    assert!(
        project.one("SELECT sum(other) FROM leads").await != "0",
        "there was traffic"
    );
}

#[tokio::test]
async fn a_table_that_grows_and_changes_is_swept_and_ends_like_one_update() {
    const ROWS: u32 = 50_000;
    let make = leads(ROWS, 40);
    const CHANGE: &str = "UPDATE leads SET n = length(payload) WHERE n IS DISTINCT FROM length(payload)";
    let project = Project::new(&[
        ("0001_leads", &make),
        (
            "0002_no_key",
            "ALTER TABLE leads DROP CONSTRAINT leads_pkey;\nCREATE INDEX ON leads (id);",
        ),
    ])
    .await;
    project.upgrade(0).await;
    project.write("0003_b", &format!("-- windlass: backfill x batch=500\n{CHANGE};"));
    // Rows move to other blocks as they are updated, and new ones come that are not right yet.
    let half = i64::from(ROWS / 2);
    let plan = TrafficPlan::new(8, 200.0)
        .statement(
            4,
            &format!("UPDATE leads SET other = other + 1 WHERE id = {{-{half}..{half}}}"),
        )
        .generated(1, |random| {
            format!(
                "INSERT INTO leads VALUES ({}, 1, 'four', 4)",
                random.within(1 << 55..1 << 56)
            )
        });
    let running = Traffic::start(&project.database.url(), plan).await;
    let plan = project.windlass(&["plan"]).run().await.expect(0);
    assert!(plan.stdout.contains("ranges of blocks"), "{}", plan.stdout);
    upgrade(&project).await;
    assert_eq!(running.stop().await.failed(), 0);
    let state = "SELECT md5(string_agg(concat_ws(' ', id, n, other), ',' ORDER BY id, other)) FROM leads";
    let before = project.one(state).await;
    project.database.execute(CHANGE).await;
    assert_eq!(
        project.one(state).await,
        before,
        "one UPDATE finds nothing more to do"
    );
}

#[tokio::test]
async fn two_workers_share_a_backfill_and_one_of_them_dies() {
    let make = leads(50_000, 40);
    let project = Project::new(&[
        ("0001_leads", &make),
        (
            "0002_b",
            "-- windlass: backfill x on leads by tenant_id as business batch=200 deferred\nUPDATE leads SET n = n * 100;",
        ),
    ])
    .await;
    project.upgrade(0).await;
    let worker = || project.windlass(&["worker", "--once"]).spawn();
    let (mut one, two) = (worker(), worker());
    wait_for_rows(&project, 5_000).await;
    one.kill9();
    one.finish().await;
    two.finish_within(PATIENCE).await.expect(0);
    assert_eq!(
        project
            .one("SELECT concat_ws(' ', count(*), min(n), max(n)) FROM leads")
            .await,
        "50000 100 100"
    );
    assert_eq!(
        project
            .one("SELECT sum(rows_done) FROM windlass.backfill_range")
            .await,
        "50000"
    );
}

#[tokio::test]
async fn a_backfill_killed_again_and_again_changes_each_row_once() {
    let make = leads(50_000, 40);
    let project = Project::new(&[
        ("0001_leads", &make),
        (
            "0002_b",
            "-- windlass: backfill x on leads workers=2 batch=250 pause=5ms\nUPDATE leads SET n = n * 100;",
        ),
    ])
    .await;
    project.windlass(&["upgrade", "+1"]).run().await.expect(0);
    for round in 1..=6 {
        let mut running = project.windlass(&["upgrade"]).spawn();
        wait_for_rows(&project, round * 4_000).await;
        running.kill9();
        running.finish().await;
    }
    upgrade(&project).await;
    assert_eq!(
        project
            .one("SELECT concat_ws(' ', count(*), min(n), max(n)) FROM leads")
            .await,
        "50000 100 100"
    );
}

#[tokio::test]
async fn rows_that_the_application_holds_are_left_for_the_end() {
    let make = leads(50_000, 40);
    let project = Project::new(&[
        ("0001_leads", &make),
        (
            "0002_b",
            "-- windlass: backfill x on leads\n-- windlass: lock-timeout 50ms\nUPDATE leads SET n = n * 100;",
        ),
    ])
    .await;
    project.windlass(&["upgrade", "+1"]).run().await.expect(0);
    let held = Rival::hold(
        &project.database,
        "BEGIN; SELECT FROM leads WHERE id IN (-24001, -5, 7, 20001) FOR UPDATE",
    )
    .await;
    let mut running = project.windlass(&["upgrade"]).spawn();
    // All the others are done although those four are held.
    wait_for_rows(&project, 50_000 - 4 * 100).await;
    assert!(running.is_running());
    running.wait_for_output("somebody holds its rows").await;
    held.commit().await;
    let finished = running.finish_within(PATIENCE).await.expect(0);
    assert_eq!(
        project
            .one("SELECT concat_ws(' ', count(*), min(n), max(n)) FROM leads")
            .await,
        "50000 100 100",
        "{}",
        finished.stderr
    );
}

#[tokio::test]
async fn a_row_that_cannot_be_changed_is_named_and_passed_over_where_that_is_wanted() {
    let make = leads(50_000, 40);
    let poison = "ALTER TABLE leads ADD CHECK (n < 10 OR id NOT IN (-24001, 7, 11));";
    let project = Project::new(&[
        ("0001_leads", &make),
        ("0002_p", poison),
        (
            "0003_b",
            "-- windlass: backfill x on leads\nUPDATE leads SET n = n * 100;",
        ),
    ])
    .await;
    let stopped = project.upgrade(1).await;
    assert!(
        stopped
            .stderr
            .contains("the row -24001 of leads cannot be changed")
            && stopped.stderr.contains("violates check constraint"),
        "{}",
        stopped.stderr
    );
    project.write(
        "0003_b",
        "-- windlass: backfill x on leads on-error skip 2\nUPDATE leads SET n = n * 100;",
    );
    let stopped = project.upgrade(1).await;
    assert!(
        stopped
            .stderr
            .contains("3 rows failed, and 2 were to be passed over"),
        "{}",
        stopped.stderr
    );
    project.write(
        "0003_b",
        "-- windlass: backfill x on leads on-error skip 3\nUPDATE leads SET n = n * 100;",
    );
    project.upgrade(0).await;
    assert_eq!(
        project
            .one("SELECT string_agg(id::text, ' ' ORDER BY id) FROM leads WHERE n <> 100")
            .await,
        "-24001 7 11"
    );
    assert_eq!(
        project
            .database
            .query_column(
                "SELECT concat_ws(' ', key, sqlstate) FROM windlass.backfill_error ORDER BY key::bigint"
            )
            .await,
        ["-24001 23514", "7 23514", "11 23514"]
    );
    let said = project
        .windlass(&["backfill", "status", "x"])
        .run()
        .await
        .expect(0);
    assert!(
        said.stdout.contains("failed: the row 7 of leads"),
        "{}",
        said.stdout
    );
}

#[tokio::test]
async fn a_row_in_blocks_is_named_by_its_key() {
    let project = Project::new(&[
        (
            "0001_u",
            "CREATE TABLE u (id uuid PRIMARY KEY, n int CHECK (n IS NULL OR id <> '00000000-0000-0000-0000-000000000777'));\n\
             INSERT INTO u SELECT lpad(g::text, 32, '0')::uuid, NULL FROM generate_series(1, 3000) g;",
        ),
        (
            "0002_b",
            "-- windlass: backfill x on-error skip 1\nUPDATE u SET n = 1 WHERE n IS NULL;",
        ),
    ])
    .await;
    project.upgrade(0).await;
    assert_eq!(project.one("SELECT count(*) FROM u WHERE n = 1").await, "2999");
    assert_eq!(
        project
            .one("SELECT string_agg(key, ' ') FROM windlass.backfill_error")
            .await,
        "00000000-0000-0000-0000-000000000777"
    );
}

#[tokio::test]
async fn a_table_that_is_rewritten_meanwhile_is_read_again() {
    let project = Project::new(&[
        (
            "0001_t",
            "CREATE TABLE t (a text, n int);\nINSERT INTO t SELECT repeat('x', 200), NULL FROM generate_series(1, 20000) g;\n\
             DELETE FROM t WHERE ctid < '(200,0)';",
        ),
        (
            "0002_b",
            "-- windlass: backfill x batch=200 pause=20ms\nUPDATE t SET n = 1 WHERE n IS NULL;",
        ),
    ])
    .await;
    project.windlass(&["upgrade", "+1"]).run().await.expect(0);
    // However late it is paused, something is left to do.
    let held = project.hold_row("t", "ctid = (SELECT max(ctid) FROM t)").await;
    let mut running = project.windlass(&["upgrade"]).spawn();
    wait_for_rows(&project, 1_000).await;
    project
        .windlass(&["backfill", "pause", "x"])
        .run()
        .await
        .expect(0);
    running.wait_for_output("x is paused").await;
    held.release().await;
    project.database.execute("VACUUM FULL t").await;
    project
        .windlass(&["backfill", "resume", "x"])
        .run()
        .await
        .expect(0);
    let finished = running.finish_within(PATIENCE).await.expect(0);
    assert!(
        finished.stderr.contains("t was rewritten meanwhile"),
        "{}",
        finished.stderr
    );
    assert_eq!(project.one("SELECT bool_and(n = 1) FROM t").await, "t");
}

#[tokio::test]
async fn a_worker_ends_with_its_batch_when_it_is_told_to() {
    let make = leads(10_000, 40);
    let project = Project::new(&[
        ("0001_leads", &make),
        (
            "0002_b",
            "-- windlass: backfill x on leads batch=100 pause=10ms deferred\nUPDATE leads SET n = n * 100;",
        ),
    ])
    .await;
    project.upgrade(0).await;
    let mut worker = project.windlass(&["worker"]).spawn();
    wait_for_rows(&project, 500).await;
    worker.sigterm();
    worker.finish_within(PATIENCE).await.expect(0);
    assert_eq!(
        project
            .one("SELECT count(*) FROM windlass.backfill_range WHERE worker IS NOT NULL")
            .await,
        "0",
        "its range is free at once"
    );
    assert_eq!(
        project.one("SELECT count(*) = (SELECT sum(rows_done) FROM windlass.backfill_range) FROM leads WHERE n = 100").await,
        "t"
    );
}

#[tokio::test]
async fn it_holds_while_an_old_transaction_keeps_vacuum_from_its_work() {
    let make = leads(10_000, 40);
    let project = Project::new(&[
        ("0001_leads", &make),
        (
            "0002_b",
            "-- windlass: backfill x on leads batch=100 pause=10ms max-transaction=1s\nUPDATE leads SET n = n * 100;",
        ),
    ])
    .await;
    project.windlass(&["upgrade", "+1"]).run().await.expect(0);
    let old = Rival::hold(
        &project.database,
        "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM leads",
    )
    .await;
    let is_old = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE pid = {} AND xact_start < now() - interval '1 s'",
        old.pid()
    );
    project.database.wait_for(&is_old, |count| count > 0).await;
    let mut running = project.windlass(&["upgrade"]).spawn();
    running
        .wait_for_output("holds: VACUUM is held up by a transaction of")
        .await;
    let said = project
        .windlass(&["backfill", "status", "x"])
        .run()
        .await
        .expect(0);
    assert!(
        said.stdout.contains("because VACUUM is held up"),
        "{}",
        said.stdout
    );
    old.release().await;
    running.finish_within(PATIENCE).await.expect(0);
    assert_eq!(project.one("SELECT bool_and(n = 100) FROM leads").await, "t");
}

#[tokio::test]
async fn it_holds_while_a_standby_does_not_keep_up() {
    let make = leads(10_000, 40);
    let server = Server::start().await;
    if !server.bindir().join("pg_basebackup").exists() {
        eprintln!("skipped: these binaries have no pg_basebackup, so there is no standby");
        return;
    }
    let standby = server.standby().await;
    let project = Project::on(
        server,
        &[
            ("0001_leads", &make),
            (
                "0002_b",
                "-- windlass: backfill x on leads batch=100 pause=10ms max-lag=1s\nUPDATE leads SET n = n * 100;",
            ),
        ],
    )
    .await;
    project.windlass(&["upgrade", "+1"]).run().await.expect(0);
    let replay = standby.database("postgres").await;
    replay
        .execute("ALTER SYSTEM SET wal_receiver_status_interval = '1s'")
        .await;
    replay.execute("SELECT pg_reload_conf()").await;
    replay.execute("SELECT pg_wal_replay_pause()").await;
    // Not to be done before the lag is noticed.
    let held = project
        .hold_row("leads", "id = (SELECT max(id) FROM leads)")
        .await;
    let mut running = project.windlass(&["upgrade"]).spawn();
    running
        .wait_for_output("holds: a standby replays with a lag of")
        .await;
    held.release().await;
    replay.execute("SELECT pg_wal_replay_resume()").await;
    running.finish_within(PATIENCE).await.expect(0);
    assert_eq!(project.one("SELECT bool_and(n = 100) FROM leads").await, "t");
}

#[tokio::test]
async fn two_million_leads_of_five_hundred_businesses_and_twenty_kills() {
    if !is_full() {
        return;
    }
    const ROWS: u32 = 2_000_000;
    let server = Server::builder()
        .setting("shared_buffers", "512MB")
        .setting("max_wal_size", "4GB")
        .start()
        .await;
    let make = leads(ROWS, 500);
    let project = Project::on(
        server,
        &[
            ("0001_leads", &make),
            (
                "0002_b",
                "-- windlass: backfill x on leads by tenant_id as business workers=2\nUPDATE leads SET n = n * 100;",
            ),
        ],
    )
    .await;
    project.windlass(&["upgrade", "+1"]).run().await.expect(0);
    let mut running = None;
    for round in 1..=20 {
        let mut upgrade = project.windlass(&["upgrade"]).spawn();
        upgrade.wait_for_output("backfill: found").await;
        if running.is_none() {
            running = Some(Traffic::start(&project.database.url(), traffic(ROWS, 100)).await);
        }
        wait_for_rows(&project, round * 80_000).await;
        upgrade.kill9();
        upgrade.finish().await;
    }
    let finished = project
        .windlass(&["upgrade"])
        .spawn()
        .finish_within(Duration::from_secs(1800))
        .await
        .expect(0);
    let report = running.expect("it began").stop().await;
    eprintln!(
        "{report}\n{}",
        finished
            .stderr
            .lines()
            .rev()
            .take(5)
            .collect::<Vec<_>>()
            .join("\n")
    );
    assert_eq!(report.failed(), 0, "{report}");
    assert_eq!(
        project
            .one("SELECT string_agg(DISTINCT n::text, ' ') FROM leads")
            .await,
        "100"
    );
}

#[tokio::test]
async fn a_table_of_many_dead_rows_is_vacuumed_on_the_way() {
    let project = Project::new(&[(
        "0001_t",
        "CREATE TABLE t (id int PRIMARY KEY, a int) WITH (autovacuum_enabled = off);\n\
         INSERT INTO t (id) SELECT generate_series(1, 200000);",
    )])
    .await;
    project.upgrade(0).await;
    project.write(
        "0002_fill",
        "-- windlass: backfill fill on t batch=4000 pause=80ms\nUPDATE t SET a = 1 WHERE a IS NULL;",
    );
    upgrade(&project).await;
    assert_eq!(project.one("SELECT count(*) FROM t WHERE a = 1").await, "200000");
    project
        .database
        .wait_for(
            "SELECT vacuum_count FROM pg_stat_user_tables WHERE relname = 't'",
            |count| count > 0,
        )
        .await;
}
