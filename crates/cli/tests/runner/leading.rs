//! One runner at a time, seen from each side: who waits, who leads and loses it, who finds what a dead one left.

use windlass_testkit::{Fault, Proxy, Rival, wait_until};

use crate::project::{AT_GATE, Ended, Gate, Project};

#[tokio::test]
async fn who_waits_says_for_whom_and_then_finds_nothing_to_do() {
    let project = Project::new(&[("0001_g", AT_GATE)]).await;
    let gate = Gate::shut(&project).await;
    let leading = project.windlass(&["upgrade"]).spawn();
    gate.wait(&project).await;
    let leads =
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = 1 AND granted AND objsubid = 2";
    let leader = project.one(leads).await;
    let mut waiting = project.windlass(&["upgrade"]).spawn();
    waiting
        .wait_for_output(&format!(
            "another runner is at work (pid {leader} (app=windlass, user=postgres): upgrade on "
        ))
        .await;
    waiting
        .wait_for_output(", at 0001_g step 1); waiting since ")
        .await;

    let impatient = project
        .windlass(&["upgrade", "--wait-timeout", "300ms", "--json"])
        .run()
        .await
        .expect(3);
    let told = format!("another runner leads this database: pid {leader}");
    assert!(impatient.stderr.contains(&told), "{}", impatient.stderr);
    assert!(impatient.stderr.contains("hint: waited "), "{}", impatient.stderr);
    let answer: serde_json::Value = serde_json::from_str(&impatient.stdout).expect("it is JSON");
    assert_eq!(answer["result"], "failed");
    assert_eq!(answer["error"]["exit"], 3, "{answer}");
    // What waits by its configuration gives up as well.
    project
        .windlass(&["stamp", "head", "--set", "wait_timeout=100ms"])
        .run()
        .await
        .expect(3);

    gate.open().await;
    leading.finish().await.expect(0);
    let waited = waiting.finish().await.expect(0);
    assert!(waited.stderr.contains("nothing to do"), "{}", waited.stderr);
}

#[tokio::test]
async fn when_nothing_is_pending_one_connection_asks_once_and_takes_no_lock() {
    let project = Project::new(&[("0001_t", "CREATE TABLE t (a int);")]).await;
    project.upgrade(0).await;
    let proxy = Proxy::start(&project.database.url()).await;
    project.upgrade_by(proxy.url()).run().await.expect(0);
    assert_eq!(proxy.connections().len(), 1);
    let said = proxy.messages();
    assert_eq!(said.len(), 1, "{said:#?}");
    assert!(!said[0].sql.contains("advisory"), "{said:#?}");
}

/// Whoever leads next once took the session that was about to close for that of a killed runner, said so, and ended it.
#[tokio::test]
async fn who_gives_up_the_lead_has_given_up_its_fence() {
    let project = Project::new(&[("0001_t", "CREATE TABLE t (a int);")]).await;
    let proxy = Proxy::start(&project.database.url()).await;
    project.upgrade_by(proxy.url()).run().await.expect(0);
    let said = proxy.messages().into_iter();
    let gave_up: Vec<String> = said
        .filter(|message| message.sql.contains("pg_advisory_unlock"))
        .map(|message| message.application)
        .collect();
    assert_eq!(gave_up, ["windlass work", "windlass"]);
}

#[tokio::test]
async fn a_runner_that_lost_its_lock_stops_before_the_next_step() {
    for (directive, next) in [
        ("", "VACUUM"),
        ("-- windlass: no-transaction\n", "CREATE TABLE next (a int)"),
    ] {
        let steps = format!("{directive}{AT_GATE};\n{next};\nCREATE TABLE behind (a int);");
        let project = Project::new(&[("0001_s", &steps)]).await;
        let gate = Gate::shut(&project).await;
        let proxy = Proxy::start(&project.database.url()).await;
        let running = project.upgrade_by(proxy.url()).spawn();
        gate.wait(&project).await;
        end_lock(&project).await;
        // The lock's connection comes first. That the server has ended it is not that the runner has heard of it.
        wait_until("the runner to hang up as well", async || {
            !proxy.connections()[0].is_open
        })
        .await;
        gate.open().await;
        let stopped = running.finish().await.expect(7);
        assert!(
            stopped.stderr.contains("run the same command again"),
            "{}",
            stopped.stderr
        );
        let begun = "SELECT count(*) FROM windlass.step WHERE number > 1";
        assert_eq!(project.one(begun).await, "0", "{}", stopped.stderr);
        project.upgrade(0).await;
        assert_eq!(project.one("SELECT to_regclass('behind')").await, "behind");
    }
}

#[tokio::test]
async fn a_runner_whose_epoch_is_over_commits_nothing_any_more() {
    let project = Project::new(&[("0001_t", "CREATE TABLE t (a int);")]).await;
    project.upgrade(0).await;
    for directive in ["", "-- windlass: no-transaction\n"] {
        project.write(
            "0002_d",
            &format!("{directive}VACUUM t;\nINSERT INTO t VALUES (1);"),
        );
        // Outside a transaction nothing of ours holds the row of the epoch.
        let rival = Rival::hold(
            &project.database,
            "BEGIN; LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE",
        )
        .await;
        let running = project
            .windlass(&["upgrade", "--set", "lane.utility.lock_timeout=5m"])
            .spawn();
        project.wait_for_statement("VACUUM t").await;
        project
            .database
            .execute("UPDATE windlass.leader SET epoch = epoch + 1")
            .await;
        rival.release().await;
        let fenced = running.finish().await.expect(7);
        assert!(
            fenced
                .stderr
                .contains("another runner leads by now; nothing of this step was committed"),
            "{}",
            fenced.stderr
        );
        assert_eq!(project.one("SELECT count(*) FROM t").await, "0");
        project.upgrade(0).await;
        assert_eq!(project.one("SELECT count(*) FROM t").await, "1");
        project.write("0002_d.down", "DELETE FROM t;");
        project
            .windlass(&["downgrade", "-1", "--allow-data-loss"])
            .run()
            .await
            .expect(0);
    }
}

#[tokio::test]
async fn a_statement_that_outlives_its_runner_ends_by_itself() {
    let project = Project::new(&[("0001_s", "SELECT pg_sleep(600);")]).await;
    project.kill_upgrade_in("SELECT pg_sleep(600)").await;
    // The server looks every client_connection_check_interval whether its client is there.
    let ours = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'windlass work'";
    project.database.wait_for(ours, |count| count == 0).await;
}

#[tokio::test]
async fn a_build_that_outlives_its_runner_is_waited_for_and_an_idle_backend_is_ended() {
    let project = Project::new(&[]).await;
    let url = project.database.url();
    outlived(&project, &url, "").await;
}

#[tokio::test]
async fn what_outlives_its_runner_is_seen_also_under_a_role_that_the_login_takes() {
    let project = Project::new(&[]).await;
    let name = project.database.name();
    project
        .database
        .execute(&format!(
            "CREATE ROLE owner; CREATE ROLE login LOGIN NOINHERIT IN ROLE owner; \
             GRANT CREATE ON DATABASE {name} TO owner; GRANT ALL ON SCHEMA public TO owner"
        ))
        .await;
    outlived(&project, &project.database.url_for("login"), "owner").await;
}

/// Ends the session that holds the lock; one of a run before may take a moment to go.
async fn end_lock(project: &Project) {
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'windlass'";
    project.database.wait_for(sessions, |count| count == 1).await;
    let end =
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'windlass'";
    assert_eq!(project.one(end).await, "1");
}

/// Kills runners in a build and in a transaction, with a network that does not tell the server.
async fn outlived(project: &Project, url: &str, role: &str) {
    let upgrade = |url: &str| project.upgrade_by(url).env("WINDLASS_ROLE", role);
    project.write(
        "0001_t",
        "CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 10);",
    );
    upgrade(url).run().await.expect(0);
    project.write("0002_i", "CREATE INDEX CONCURRENTLY t_a ON t (a);");
    let rival = Rival::hold(&project.database, "BEGIN; INSERT INTO t VALUES (0)").await;
    // The network is silent, so that the server does not see that the runner is gone.
    let proxy = Proxy::start(url).await;
    let mut running = upgrade(proxy.url()).spawn();
    let builds = "SELECT count(*) FROM pg_stat_progress_create_index";
    project.database.wait_for(builds, |count| count == 1).await;
    proxy.swallow();
    running.kill9();
    running.finish().await;
    end_lock(project).await;
    let mut next = upgrade(url).spawn();
    next.wait_for_output("an earlier runner's statement is still at work (pid ")
        .await;
    rival.release().await;
    let next = next.finish().await.expect(0);
    assert!(
        next.stderr
            .contains("it is already there as the statement wants it"),
        "its work is not lost: {}",
        next.stderr
    );

    project.write("0003_d", "INSERT INTO t VALUES (-1);\nSELECT 1 AS last;");
    let proxy = Proxy::start(url).await;
    proxy.when_client_sends("SELECT 1 AS last", Fault::SwallowBefore);
    let mut running = upgrade(proxy.url()).spawn();
    proxy.wait_until_fired().await;
    running.kill9();
    running.finish().await;
    let idle = "SELECT coalesce(max(pid), 0) FROM pg_stat_activity \
                 WHERE application_name = 'windlass work' AND state = 'idle in transaction'";
    project.database.wait_for(idle, |pid| pid > 0).await;
    let orphan = project.one(idle).await;
    end_lock(project).await;
    let next = upgrade(url).run().await.expect(0);
    let told = format!("ended the backend of an earlier runner (pid {orphan})");
    assert!(next.stderr.contains(&told), "{}", next.stderr);
    assert_eq!(project.one("SELECT count(*) FROM t WHERE a = -1").await, "1");
}
