//! Prints what this crate's servers and databases cost on this machine.

use std::time::Instant;
use windlass_testkit::{Server, Traffic, TrafficPlan, shared};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut begun = Instant::now();
    let mut lap = |what: &str| {
        println!("{what:<28} {:>7.1} ms", begun.elapsed().as_secs_f64() * 1e3);
        begun = Instant::now();
    };
    let server = Server::start().await;
    lap("first server");
    let again = Server::start().await;
    lap("another server");
    drop(again);
    lap("its end");
    server.stop_immediate().await;
    lap("immediate stop");
    server.restart().await;
    lap("restart with recovery");
    server.kill9().await;
    server.restart().await;
    lap("kill -9 and restart");
    let together = shared().await;
    lap("joining the shared server");
    let db = together.database().await;
    lap("a database");
    db.query_one_text("SELECT 1").await;
    lap("a query with its connection");
    drop(db);
    lap("the database's end");
    let db = together.database().await;
    let running = Traffic::start(
        &db.url(),
        TrafficPlan::new(4, 500.0).statement(1, "SELECT {1..9}"),
    )
    .await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    println!("quiet traffic: {}", running.stop().await);
}
