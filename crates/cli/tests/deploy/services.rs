//! Whole deployments without a registry: processes stand for services, started in the order of the Compose file
//! that `deploy init` wrote.

use std::collections::BTreeMap;
use std::fs;

use windlass_testkit::{Child, Command, wait_until};

use crate::application;
use crate::balancer::Balancer;
use crate::compose::{self, Service, Up};
use crate::project::{Ended, Project};

const TABLE: (&str, &str) = (
    "0001_orders",
    "CREATE TABLE orders (id int PRIMARY KEY, note text);",
);
const COLUMN: (&str, &str) = ("0002_kind", "ALTER TABLE orders ADD COLUMN kind text;");

/// What the application does before and after 0002.
const OLD: &str = "UPDATE orders SET note = 'old' WHERE id = 1";
const NEW: &str = "UPDATE orders SET note = 'new', kind = 'a' WHERE id = 1";

/// A shop whose Compose file knows nothing of migrations yet; `deploy init` is to change that.
const COMPOSE: &str = "\
services:
  api:
    image: shop
    environment:
      DATABASE_URL: ${DATABASE_URL}
    depends_on:
      - database
  database:
    image: postgres:17
  worker:
    image: shop
    environment:
      DATABASE_URL: ${DATABASE_URL}
";

/// The services of the project, by the file as `deploy init` leaves it.
async fn services(project: &Project) -> BTreeMap<String, Service> {
    let file = project.folder().join("compose.yaml");
    fs::write(&file, COMPOSE).expect("a file can be written");
    project
        .windlass(&["deploy", "init", "compose"])
        .run()
        .await
        .expect(0);
    compose::services(&fs::read_to_string(&file).expect("it is there"))
}

/// One `docker compose up`: the order in which services started, and the ones that run.
async fn up(
    project: &Project,
    services: &BTreeMap<String, Service>,
    statement: &str,
) -> (Vec<String>, Vec<Child>) {
    let mut running = Vec::new();
    let order = compose::up(services, async |name, service| match name {
        "database" => {
            project
                .windlass(&["wait", "--for", "reachable"])
                .run()
                .await
                .expect(0);
            Up::Running
        }
        "migrate" => {
            assert_eq!(service.command[0], "windlass");
            let arguments: Vec<&str> = service.command[1..].iter().map(String::as_str).collect();
            Up::Ended(project.windlass(&arguments).run().await.code == Some(0))
        }
        "backfill-worker" => {
            assert_eq!(service.command, ["windlass", "worker"]);
            let mut child = project.windlass(&["worker"]).spawn();
            child
                .wait_for_output("worker: waiting for deferred backfills")
                .await;
            running.push(child);
            Up::Running
        }
        _ => {
            let mut child = application(project, statement).spawn();
            child.wait_for_output(application::READY).await;
            running.push(child);
            Up::Running
        }
    })
    .await;
    (order, running)
}

/// The application as a service: it migrates nothing.
fn application(project: &Project, statement: &str) -> Command {
    let words = application::command();
    let mut command = Command::new(&words[0]).args(&words[1..]);
    for (name, value) in application::environment(&project.database.url(), statement) {
        command = command.env(name, value);
    }
    command
}

/// The application behind `windlass exec`.
fn replica(project: &Project, statement: &str, options: &[&str]) -> Command {
    let words = application::command();
    let mut arguments = vec!["exec"];
    arguments.extend(options);
    arguments.push("--");
    arguments.extend(words.iter().map(String::as_str));
    let mut command = project.windlass(&arguments);
    for (name, value) in application::environment(&project.database.url(), statement) {
        command = command.env(name, value);
    }
    command
}

/// The port of an application that is ready.
async fn port(child: &mut Child) -> u16 {
    child.wait_for_output(application::READY).await;
    let said = child.stdout_so_far();
    let port = said
        .split(application::READY)
        .nth(1)
        .and_then(|rest| rest.split('.').next());
    port.and_then(|port| port.parse().ok()).expect("it said its port")
}

#[tokio::test]
async fn the_application_starts_only_after_the_migration_succeeded() {
    let project = Project::new(&[TABLE, COLUMN]).await;
    let services = services(&project).await;
    // The new application fails at once on a schema without 0002: that it runs says that 0002 was there.
    let (order, running) = up(&project, &services, NEW).await;
    assert_eq!(order, ["database", "migrate", "api", "worker"]);
    assert_eq!(running.len(), 2);
    assert_eq!(project.applied().await, ["0001_orders", "0002_kind"]);
}

#[tokio::test]
async fn the_application_does_not_start_when_the_migration_failed() {
    let project = Project::new(&[TABLE, ("0002_kind", "ALTER TABLE nowhere ADD COLUMN kind text;")]).await;
    let services = services(&project).await;
    let (order, running) = up(&project, &services, OLD).await;
    assert_eq!(
        order,
        ["database", "migrate"],
        "nothing starts behind a failed migration"
    );
    assert!(running.is_empty());
    // The way on is the same command, once the file is mended.
    project.write(COLUMN.0, COLUMN.1);
    let (order, running) = up(&project, &services, NEW).await;
    assert_eq!(order, ["database", "migrate", "api", "worker"]);
    assert_eq!(running.len(), 2);
}

#[tokio::test]
async fn a_deferred_backfill_is_done_by_the_worker_beside_the_application() {
    let project = Project::new(&[
        (
            TABLE.0,
            "CREATE TABLE orders (id int PRIMARY KEY, note text);
INSERT INTO orders SELECT n, 'first' FROM generate_series(1, 100) AS n;",
        ),
        COLUMN,
        (
            "0003_fill",
            "-- windlass: backfill kinds on orders deferred
UPDATE orders SET kind = 'b' WHERE kind IS NULL;",
        ),
    ])
    .await;
    let services = services(&project).await;
    let (order, running) = up(&project, &services, NEW).await;
    assert_eq!(order, ["database", "migrate", "api", "backfill-worker", "worker"]);
    assert_eq!(running.len(), 3);
    project
        .windlass(&["wait", "--for", "backfill", "kinds"])
        .run()
        .await
        .expect(0);
    assert_eq!(
        project
            .one("SELECT count(*) FROM orders WHERE kind IS NULL")
            .await,
        "0"
    );
}

#[tokio::test]
async fn a_rolling_restart_during_a_long_migration_loses_no_request() {
    const REPLICAS: usize = 10;
    let project = Project::new(&[TABLE]).await;
    project.upgrade(0).await;
    project
        .database
        .execute("INSERT INTO orders SELECT n, 'first' FROM generate_series(1, 2000) AS n")
        .await;
    let balancer = Balancer::default();
    let mut old = Vec::new();
    for _ in 0..REPLICAS {
        let mut child = replica(&project, OLD, &[]).spawn();
        let port = port(&mut child).await;
        balancer.take_in(port);
        old.push((port, child));
    }
    let clients = balancer.clients(4);

    // The long migration: in batches with pauses, then it waits until the test lets it go on.
    project.write(COLUMN.0, COLUMN.1);
    project.write(
        "0003_fill",
        "-- windlass: backfill kinds on orders batch=100 pause=20ms
UPDATE orders SET kind = 'a' WHERE kind IS NULL;

CREATE INDEX CONCURRENTLY orders_kind ON orders (kind);

-- windlass: lane utility
-- windlass: lock-timeout 60s
SELECT pg_advisory_lock(42), pg_advisory_unlock(42);
",
    );
    let gate = project.database.connect().await;
    gate.batch_execute("SELECT pg_advisory_lock(42)")
        .await
        .expect("the gate closes");

    // The first new replica migrates as it starts. Its successor is started meanwhile and has to wait.
    let mut leader = replica(&project, NEW, &[]).spawn();
    let mut second = replica(&project, NEW, &[]).spawn();
    project
        .database
        .wait_for(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_advisory_lock(42)%'",
            |count| count == 1,
        )
        .await;
    let during = balancer.answered();
    wait_until("requests while it migrates", async || {
        balancer.answered() > during + 100
    })
    .await;
    for child in [&leader, &second] {
        assert!(
            !child.stdout_so_far().contains(application::READY),
            "it started before the migration ended"
        );
    }
    gate.batch_execute("SELECT pg_advisory_unlock(42)")
        .await
        .expect("the gate opens");

    // One old replica goes for each new one that is ready.
    let first = port(&mut leader).await;
    let mut new = vec![(first, leader), (port(&mut second).await, second)];
    for (number, (old_port, mut old_child)) in old.into_iter().enumerate() {
        if number >= new.len() {
            let mut child = replica(&project, NEW, &[]).spawn();
            new.push((port(&mut child).await, child));
        }
        balancer.take_in(new[number].0);
        balancer.let_go(old_port).await;
        old_child.sigterm();
        // It is the application that got the signal, and that says 0.
        old_child.finish().await.expect(0);
    }
    let settled = balancer.answered();
    wait_until("requests to the new replicas", async || {
        balancer.answered() > settled + 100
    })
    .await;
    let (answered, lost) = balancer.end(clients).await;
    assert_eq!(lost, Vec::<String>::new(), "{answered} requests were answered");
    assert_eq!(new.len(), REPLICAS);
    assert_eq!(project.applied().await, ["0001_orders", "0002_kind", "0003_fill"]);
}

#[tokio::test]
async fn the_older_image_comes_up_over_the_newer_database() {
    let project = Project::new(&[TABLE, COLUMN]).await;
    let services = services(&project).await;
    let (_, running) = up(&project, &services, NEW).await;
    drop(running);
    // Rolled back: the files and the application of the release before.
    project.remove(COLUMN.0);
    let (order, running) = up(&project, &services, OLD).await;
    assert_eq!(order, ["database", "migrate", "api", "worker"]);
    assert_eq!(running.len(), 2);
    let mut by_entrypoint = replica(&project, OLD, &[]).spawn();
    port(&mut by_entrypoint).await;
    assert_eq!(
        project.applied().await,
        ["0001_orders", "0002_kind"],
        "nothing is taken back"
    );
}
