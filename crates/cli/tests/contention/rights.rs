//! Roles that may do less than a superuser.

use windlass_testkit::{Rival, Server};

use crate::scene::{Scene, at_each_budget, hold};
use crate::{slow_autovacuum, vacuumed};

const ADD: (&str, &str) = ("0002_c", "ALTER TABLE hot ADD COLUMN c int;");

#[tokio::test]
async fn measured_a_plain_owner_waits_outside_the_queue() {
    at_each_budget(async |budget| {
        let scene = Scene::of_a_plain_owner(Server::start().await, &[ADD]).await;
        let rival = Rival::hold(scene.database(), "BEGIN; SELECT * FROM hot LIMIT 1").await;
        let run = scene.begin(budget).await;
        // The server hides how old it is, so its age is how long it has been seen.
        run.says("not queueing behind who holds the lock").await;
        run.says(&format!("pid {}", rival.pid())).await;
        run.says("this role does not see what other roles' sessions do")
            .await;
        run.says("pg_read_all_stats").await;
        tokio::time::sleep(hold()).await;
        rival.release().await;
        run.end(0).await.kept();
    })
    .await;
}

#[tokio::test]
async fn measured_a_plain_owners_scan_is_ended_by_the_watchdog() {
    at_each_budget(async |budget| {
        let check = "ALTER TABLE hot ADD CONSTRAINT slow CHECK (slow(n));";
        let scene = Scene::of_a_plain_owner(Server::start().await, &[("0002_check", check)]).await;
        let run = scene
            .begin_with(budget, &[("WINDLASS_LANE_DDL_RETRY_FOR", "3s")])
            .await;
        run.says("gave way after application queries had waited").await;
        run.end(3).await.kept();
    })
    .await;
}

#[tokio::test]
async fn measured_a_scan_under_a_role_that_the_login_takes_is_ended_by_the_watchdog() {
    at_each_budget(async |budget| {
        let check = "ALTER TABLE hot ADD CONSTRAINT slow CHECK (slow(n));";
        let mut scene = Scene::of_a_plain_owner(Server::start().await, &[("0002_check", check)]).await;
        // The owner becomes a role that nobody logs in as; such a role is shown nothing of the login's backends.
        let owner = scene.user().to_owned();
        scene.as_role("CONNECT").await;
        let login = scene.user();
        let take = format!("ALTER ROLE {login} NOINHERIT; GRANT {owner} TO {login}");
        scene.database().execute(&take).await;
        let run = scene
            .begin_with(
                budget,
                &[("WINDLASS_LANE_DDL_RETRY_FOR", "3s"), ("WINDLASS_ROLE", &owner)],
            )
            .await;
        run.says("gave way after application queries had waited").await;
        run.end(3).await.kept();
    })
    .await;
}

#[tokio::test]
async fn measured_a_plain_owner_evicts_autovacuum() {
    at_each_budget(async |budget| {
        let scene = Scene::of_a_plain_owner(slow_autovacuum().await, &[ADD]).await;
        vacuumed(scene.database()).await;
        let end = scene.begin(budget).await.end(0).await;
        end.kept();
        assert!(!end.stderr.contains("pg_terminate_backend"), "{}", end.stderr);
    })
    .await;
}

#[tokio::test]
async fn measured_a_role_that_may_only_reference_the_hot_table() {
    at_each_budget(async |budget| {
        let fk = "ALTER TABLE child ADD CONSTRAINT fk FOREIGN KEY (hot_id) REFERENCES hot NOT VALID;";
        let mut scene = Scene::new(&[("0002_fk", fk)]).await;
        scene.as_role("CREATE").await;
        let user = scene.user().to_owned();
        // The journal is the superuser's, who laid the tables.
        let give = format!(
            "ALTER TABLE child OWNER TO {user}; GRANT REFERENCES ON hot TO {user}; \
             GRANT ALL ON SCHEMA windlass, public TO {user}; GRANT ALL ON ALL TABLES IN SCHEMA windlass TO {user}; \
             GRANT ALL ON ALL SEQUENCES IN SCHEMA windlass TO {user}"
        );
        scene.database().execute(&give).await;
        let rival = Rival::hold(scene.database(), "BEGIN; UPDATE hot SET n = n WHERE id = 9999").await;
        let run = scene.begin(budget).await;
        run.says("not queueing behind who holds the lock").await;
        tokio::time::sleep(hold() / 2).await;
        rival.release().await;
        run.end(0).await.kept();
    })
    .await;
}
