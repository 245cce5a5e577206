//! Hot standbys, where the primary's locks are replayed.

use windlass_testkit::{Rival, Server};

use crate::scene::{Scene, at_each_budget, hold};
use crate::{EXCLUSIVE, SECOND};

const ADD: (&str, &str) = ("0002_c", "ALTER TABLE hot ADD COLUMN c int;");

/// A scene on a server, and a standby of it; none where these binaries cannot make one.
async fn with_a_standby() -> Option<(Scene, Server)> {
    let server = Server::start().await;
    if !server.binaries().tool("pg_basebackup").exists() {
        println!("skipped: these server binaries come without pg_basebackup");
        return None;
    }
    let scene = Scene::on(server, &[ADD]).await;
    let standby = scene.server().standby().await;
    Some((scene, standby))
}

#[tokio::test]
async fn measured_a_reader_on_a_standby_is_waited_for() {
    at_each_budget(async |budget| {
        let Some((scene, standby)) = with_a_standby().await else {
            return;
        };
        let name = scene.database().name().to_owned();
        let replica = standby.existing(&name);
        replica
            .wait_for("SELECT count(*) FROM pg_class WHERE relname = 'hot'", |count| {
                count == 1
            })
            .await;
        let reader = Rival::hold(&replica, "BEGIN; SELECT * FROM hot LIMIT 1").await;
        tokio::time::sleep(budget).await;
        let settings = [("WINDLASS_STANDBY_URLS", &*replica.url())];
        let run = scene.begin_with(budget, &settings).await;
        run.says("not queueing behind who holds the lock").await;
        run.says(&format!("pid {} on standby", reader.pid())).await;
        tokio::time::sleep(hold() / 2).await;
        assert_eq!(run.database().query_one_text(EXCLUSIVE).await, "0");
        reader.release().await;
        run.end(0).await.kept();
    })
    .await;
}

#[tokio::test]
async fn measured_a_standby_that_does_not_replay_is_told_of() {
    let Some((scene, standby)) = with_a_standby().await else {
        return;
    };
    let replica = standby.existing(scene.database().name());
    replica.execute("SELECT pg_wal_replay_pause()").await;
    let settings = [("WINDLASS_STANDBY_URLS", &*replica.url())];
    let run = scene.begin_with(SECOND, &settings).await;
    run.says("had not replayed it after 1s").await;
    run.end(0).await.kept();
}

#[tokio::test]
async fn measured_a_standby_that_is_none_or_is_not_there_stops_nobody() {
    let scene = Scene::new(&[ADD]).await;
    let urls = format!(
        "{},postgresql://postgres@127.0.0.1:1/nowhere",
        scene.database().url()
    );
    let run = scene
        .begin_with(SECOND, &[("WINDLASS_STANDBY_URLS", &*urls)])
        .await;
    let end = run.end(0).await;
    end.kept();
    for part in ["it is no standby", "127.0.0.1:1", "standby_urls"] {
        assert!(end.stderr.contains(part), "{part}: {}", end.stderr);
    }
}
