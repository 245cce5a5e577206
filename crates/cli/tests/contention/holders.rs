//! More that can be in the way, and more statements that it can be in the way of.

use std::io::Write;
use std::process::{Command, Stdio};

use windlass_testkit::{Binaries, Rival, Server};

use crate::scene::{Scene, at_each_budget, hold};
use crate::{SECOND, one_after_the_other};

const NOT_QUEUEING: &str = "not queueing behind who holds the lock";

#[tokio::test]
async fn measured_a_dump_is_let_finish() {
    let tool = Binaries::find().map(|binaries| binaries.tool("pg_dump"));
    let Some(tool) = tool.ok().filter(|tool| tool.exists()) else {
        println!("skipped: these server binaries come without pg_dump");
        return;
    };
    at_each_budget(async |budget| {
        let scene = Scene::new(&[("0002_c", "ALTER TABLE hot ADD COLUMN c int;")]).await;
        // Nobody reads what it writes, so it keeps its locks on all tables until somebody does.
        let mut dump = Command::new(&tool)
            .arg("--dbname")
            .arg(scene.database().url())
            .stdout(Stdio::piped())
            .spawn()
            .expect("pg_dump starts");
        let locks = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) \
                      WHERE application_name = 'pg_dump' AND relation = 'hot'::regclass";
        scene.database().wait_for(locks, |count| count > 0).await;
        let run = scene.begin(budget).await;
        run.says(NOT_QUEUEING).await;
        run.says("pg_dump").await;
        tokio::time::sleep(hold()).await;
        let mut text = dump.stdout.take().expect("it was piped");
        std::thread::spawn(move || std::io::copy(&mut text, &mut std::io::sink()));
        let end = run.end(0).await;
        end.kept();
        assert!(dump.wait().expect("it ends").success(), "nobody cancelled it");
    })
    .await;
}

#[tokio::test]
async fn measured_an_index_build_waits_for_the_maker_of_a_replication_slot() {
    let tool = Binaries::find().map(|binaries| binaries.tool("psql"));
    let Some(tool) = tool.ok().filter(|tool| tool.exists()) else {
        println!("skipped: these server binaries come without psql, which can speak to a walsender");
        return;
    };
    at_each_budget(async |budget| {
        let server = Server::builder().setting("wal_level", "logical").start().await;
        let scene = Scene::on(
            server,
            &[("0002_i", "CREATE INDEX CONCURRENTLY hot_u ON hot (n, id);")],
        )
        .await;
        // It keeps the snapshot of the slot until its client goes on.
        let mut maker = Command::new(&tool)
            .args(["--no-psqlrc", "--dbname"])
            .arg(format!("{}?replication=database", scene.database().url()))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("psql starts");
        let mut words = maker.stdin.take().expect("it was piped");
        words
            .write_all(b"CREATE_REPLICATION_SLOT feed LOGICAL pgoutput;\n")
            .expect("psql listens");
        let makers = "SELECT count(*) FROM pg_stat_activity \
                       WHERE backend_type = 'walsender' AND state = 'idle in transaction'";
        scene.database().wait_for(makers, |count| count > 0).await;
        let run = scene.begin(budget).await;
        run.says("walsender, idle in transaction").await;
        run.says("CREATE_REPLICATION_SLOT feed").await;
        drop(words);
        assert!(maker.wait().expect("it ends").success(), "nobody ended it");
        let end = run.end(0).await;
        end.kept();
        end.database()
            .execute("SELECT pg_drop_replication_slot('feed')")
            .await;
    })
    .await;
}

#[tokio::test]
async fn measured_two_that_hand_over_to_each_other() {
    at_each_budget(async |budget| {
        let scene = Scene::new(&[("0002_c", "ALTER TABLE hot ADD COLUMN c int;")]).await;
        // When one ends the other is as old as the budget, so the way is clear for no moment.
        let times = u32::try_from((hold() * 2).as_millis() / (budget * 2).as_millis()).unwrap_or(3);
        let holding = one_after_the_other(budget * 2, times.max(3));
        let one = Rival::run(scene.database(), &holding).await;
        tokio::time::sleep(budget).await;
        let other = Rival::run(scene.database(), &holding).await;
        let run = scene.begin(budget).await;
        run.says(NOT_QUEUEING).await;
        let end = run.end(0).await;
        end.kept();
        for rival in [one, other] {
            rival.finish().await.expect("nobody cancelled it");
        }
    })
    .await;
}

#[tokio::test]
async fn measured_drop_index_waits_for_readers_of_its_table() {
    at_each_budget(async |budget| {
        let scene = Scene::new(&[("0002_i", "DROP INDEX hot_n;")]).await;
        let rival = Rival::hold(scene.database(), "BEGIN; SELECT * FROM hot LIMIT 1").await;
        let run = scene.begin(budget).await;
        run.says(NOT_QUEUEING).await;
        tokio::time::sleep(hold() / 2).await;
        rival.release().await;
        run.end(0).await.kept();
    })
    .await;
}

#[tokio::test]
async fn measured_refreshing_a_materialized_view() {
    at_each_budget(async |budget| {
        let scene = Scene::new(&[("0002_r", "REFRESH MATERIALIZED VIEW summary;")]).await;
        let view = "CREATE MATERIALIZED VIEW summary AS SELECT id % 10 AS k, sum(n) FROM child GROUP BY 1";
        scene.database().execute(view).await;
        let scene = scene.also(3, "SELECT * FROM summary");
        let rival = Rival::hold(scene.database(), "BEGIN; SELECT * FROM summary").await;
        let run = scene.begin(budget).await;
        run.says(NOT_QUEUEING).await;
        tokio::time::sleep(hold() / 2).await;
        rival.release().await;
        run.end(0).await.kept();
    })
    .await;
}

#[tokio::test]
async fn measured_vacuum_full_of_a_small_table() {
    at_each_budget(async |budget| {
        let scene = Scene::new(&[("0002_v", "VACUUM (FULL) child;")]).await;
        let rival = Rival::hold(scene.database(), "BEGIN; SELECT * FROM child LIMIT 1").await;
        let run = scene.begin(budget).await;
        run.says(NOT_QUEUEING).await;
        tokio::time::sleep(hold() / 2).await;
        rival.release().await;
        run.end(0).await.kept();
    })
    .await;
}

#[tokio::test]
async fn measured_detaching_a_partition_concurrently() {
    at_each_budget(async |budget| {
        let scene = Scene::new(&[(
            "0002_d",
            "ALTER TABLE parted DETACH PARTITION parted_7 CONCURRENTLY;",
        )])
        .await
        .also(3, "SELECT count(*) FROM parted_7");
        // One before, and one who comes while the first phase waits for those that use the parent.
        let before = Rival::hold(scene.database(), "BEGIN; SELECT * FROM parted_7 LIMIT 1").await;
        let parents = Rival::hold(scene.database(), "BEGIN; SELECT * FROM parted WHERE id = 1").await;
        let run = scene.begin(budget).await;
        run.says(NOT_QUEUEING).await;
        tokio::time::sleep(SECOND).await;
        before.release().await;
        let pending = "SELECT count(*) FROM pg_inherits WHERE inhdetachpending";
        run.database().wait_for(pending, |count| count > 0).await;
        let after = Rival::hold(run.database(), "BEGIN; SELECT * FROM parted_7 LIMIT 1").await;
        parents.release().await;
        tokio::time::sleep(hold()).await;
        after.release().await;
        let end = run.end(0).await;
        end.kept();
        let partitions = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'parted'::regclass";
        assert_eq!(end.database().query_one_text(partitions).await, "39");
    })
    .await;
}

#[tokio::test]
async fn measured_names_that_need_quotes() {
    at_each_budget(async |budget| {
        let scene = Scene::new(&[(
            "0002_fk",
            r#"ALTER TABLE "Odd ""one"".x" ADD CONSTRAINT fk FOREIGN KEY (hot_id) REFERENCES hot NOT VALID;"#,
        )])
        .await;
        let odd = r#"CREATE TABLE "Odd ""one"".x" (id int PRIMARY KEY, hot_id int)"#;
        scene.database().execute(odd).await;
        let scene = scene.also(2, r#"SELECT * FROM "Odd ""one"".x" WHERE id = 1"#);
        let write = r#"BEGIN; UPDATE "Odd ""one"".x" SET hot_id = 1"#;
        let rival = Rival::hold(scene.database(), write).await;
        let run = scene.begin(budget).await;
        run.says(r#"RowExclusiveLock on "Odd ""one"".x""#).await;
        tokio::time::sleep(SECOND).await;
        rival.release().await;
        run.end(0).await.kept();
    })
    .await;
}
