//! What the watchdog's looks cost the server: processor time of its backend, as the kernel counts it.

use std::time::Duration;

use windlass_testkit::tokio_postgres::{Client, NoTls};
use windlass_testkit::{Rival, Server};

use crate::project::is_full;

/// The watchdog's own look.
const LOOK: &str = include_str!("../../../engine/src/waits/locks.sql");

/// How often it looks at a budget of 1 s.
const INTERVAL: Duration = Duration::from_millis(50);

#[tokio::test]
async fn measured_a_look_costs_little_with_many_connections() {
    if !is_full() {
        println!("skipped: only in the full suite");
        return;
    }
    let (idle, holding, waiting) = (1500, 420, 80);
    let server = Server::builder()
        .setting("max_connections", &(idle + holding + waiting + 50).to_string())
        .start()
        .await;
    let database = server.fresh_database().await;
    database
        .execute(
            "CREATE TABLE hot (id int PRIMARY KEY, n int); CREATE INDEX ON hot (n); CREATE TABLE other (id int);",
        )
        .await;
    let look = Look::begin(&database.url()).await;
    let mut sessions = Vec::new();
    let mut told = vec![("nobody connected", look.cost().await)];
    for _ in 0..idle {
        sessions.push(database.connect().await);
    }
    told.push(("idle connections", look.cost().await));
    for _ in 0..holding {
        let client = database.connect().await;
        let hold = "BEGIN; SELECT * FROM hot WHERE id = 1; SELECT * FROM hot WHERE n = 1";
        client.batch_execute(hold).await.expect("it is SQL");
        sessions.push(client);
    }
    told.push(("and some in transactions with locks", look.cost().await));
    let lock = Rival::hold(&database, "BEGIN; LOCK TABLE other IN ACCESS EXCLUSIVE MODE").await;
    let mut waiters = Vec::new();
    for _ in 0..waiting {
        let client = database.connect().await;
        waiters.push(tokio::spawn(async move {
            client.batch_execute("SELECT * FROM other").await
        }));
    }
    let count = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    crate::scene::wait_long(&database, &format!("SELECT (({count}) >= {waiting})::int")).await;
    told.push(("and some that wait", look.cost().await));
    lock.release().await;
    for waiter in waiters {
        waiter.await.expect("it ends").expect("it got its lock");
    }
    println!("{idle} idle, {holding} in transactions, {waiting} waiting:");
    for (what, cost) in told {
        let share = 100.0 * cost.as_secs_f64() / INTERVAL.as_secs_f64();
        println!("  {what}: {cost:?} a look, {share:.1} % of a processor at a look every {INTERVAL:?}");
        assert!(cost < INTERVAL / 2, "{what}: {cost:?}");
    }
}

/// A session that looks as the watchdog does.
struct Look {
    client: Client,
    pid: i32,
}

impl Look {
    async fn begin(url: &str) -> Self {
        let connected = windlass_testkit::tokio_postgres::connect(url, NoTls).await;
        let (client, connection) = connected.expect("the server is up");
        tokio::spawn(connection);
        let row = client.query_one("SELECT pg_backend_pid()", &[]).await;
        let pid = row.expect("it answers").get(0);
        Self { client, pid }
    }

    /// Processor time of its backend for one look, the mean of many.
    async fn cost(&self) -> Duration {
        const LOOKS: u32 = 200;
        let look = self.client.prepare(LOOK).await.expect("it is SQL");
        let before = self.processor();
        for _ in 0..LOOKS {
            self.client.query(&look, &[]).await.expect("it answers");
        }
        (self.processor() - before) / LOOKS
    }

    fn processor(&self) -> Duration {
        let text = std::fs::read_to_string(format!("/proc/{}/schedstat", self.pid));
        let text = text.expect("Linux counts the processor time of processes");
        let nanoseconds = text.split_whitespace().next().and_then(|word| word.parse().ok());
        Duration::from_nanos(nanoseconds.expect("its first word is nanoseconds"))
    }
}
