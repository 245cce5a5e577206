//! Rivals, traffic, the proxy and child processes do what they say.

use std::io::ErrorKind;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, NoTls};
use windlass_testkit::{Command, Database, Fault, Proxy, Rival, Traffic, TrafficPlan, shared, wait_until};

async fn table() -> Database {
    let db = shared().await.database().await;
    db.execute("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT g, 0 FROM generate_series(1, 100) g").await;
    db
}

async fn connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

#[tokio::test]
async fn a_rival_holds_its_lock_until_released() {
    let db = table().await;
    let rival = Rival::hold(&db, "BEGIN; LOCK TABLE t IN ACCESS SHARE MODE").await;
    let held = format!(
        "SELECT count(*) FROM pg_locks WHERE pid = {} AND mode = 'AccessShareLock' AND relation = 't'::regclass",
        rival.pid()
    );
    assert_eq!(db.query_one_text(&held).await, "1");

    let blocked = Rival::run(&db, "ALTER TABLE t ADD COLUMN b int").await;
    blocked.wait_until_blocked(&db).await;
    let name = format!(
        "SELECT application_name FROM pg_stat_activity WHERE pid = {}",
        blocked.pid()
    );
    assert_eq!(db.query_one_text(&name).await, "rival");
    rival.release().await;
    blocked.finish().await.expect("the lock is free");
    assert_eq!(
        db.query_column("SELECT attname FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0")
            .await,
        ["id", "n", "b"]
    );

    let sleeper = Rival::run(&db, "SELECT pg_sleep(60)").await;
    sleeper.cancel().await;
    let error = sleeper.finish().await.expect_err("it was cancelled");
    assert_eq!(error.code().expect("the server said so").code(), "57014");
}

#[tokio::test]
async fn traffic_counts_a_stall_from_when_requests_were_due() {
    let begun = Instant::now();
    let db = table().await;
    let plan = TrafficPlan::new(4, 200.0)
        .statement(3, "SELECT n FROM t WHERE id = {1..101}")
        .generated(1, |random| {
            format!(
                "BEGIN; UPDATE t SET n = n + 1 WHERE id = {}; COMMIT",
                random.within(1..101)
            )
        });
    let running = Traffic::start(&db.url(), plan).await;
    wait_until("the traffic to flow", async || running.count() > 50).await;
    let rival = Rival::hold(&db, "BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE").await;
    tokio::time::sleep(Duration::from_millis(500)).await; // The stall itself is what is measured.
    rival.release().await;
    let before = running.count();
    wait_until("the traffic to flow again", async || {
        running.count() > before + 120
    })
    .await;
    let report = running.stop().await;

    // A busy machine may stall it for longer, and never for longer than there was.
    let stall = Duration::from_millis(450)..begun.elapsed();
    assert!(stall.contains(&report.max), "{report}");
    assert!(stall.contains(&report.longest_gap), "{report}");
    // Four clients were blocked, a hundred requests became due: a closed loop would report four.
    let late = report
        .latencies
        .iter()
        .filter(|latency| latency.as_millis() > 50)
        .count();
    assert!(late > 60, "{late} late; {report}");
    assert_eq!(
        (report.failed(), report.per_second.iter().sum::<u64>()),
        (0, report.count)
    );
}

#[tokio::test]
async fn traffic_reports_errors_by_sqlstate_and_goes_on() {
    let db = table().await;
    let plan = TrafficPlan::new(1, 200.0).prepared(1, "SELECT * FROM t WHERE id = 1");
    let running = Traffic::start(&db.url(), plan).await;
    wait_until("the statement to be prepared", async || running.count() > 5).await;
    db.execute("ALTER TABLE t ALTER n TYPE bigint").await;
    wait_until("the statement to fail", async || running.failed() > 0).await;
    db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'traffic' AND datname = current_database()").await;
    let before = running.count();
    wait_until("the traffic to reconnect", async || running.count() > before + 5).await;
    let report = running.stop().await;
    assert!(report.errors.contains_key("0A000"), "{report}");
    assert!(
        report.messages[0].contains("cached plan must not change result type"),
        "{:?}",
        report.messages
    );
}

#[tokio::test]
async fn the_proxy_cuts_refuses_and_swallows() {
    let db = table().await;
    let proxy = Proxy::start(&db.url()).await;
    let client = connect(proxy.url()).await.expect("the proxy forwards");
    client
        .batch_execute("SELECT 1")
        .await
        .expect("the proxy forwards");
    proxy.cut();
    client
        .batch_execute("SELECT 1")
        .await
        .expect_err("the connection was cut");

    let client = connect(proxy.url()).await.expect("new connections are taken");
    proxy.refuse();
    wait_until("connections to be refused", async || {
        connect(proxy.url()).await.is_err()
    })
    .await;
    client
        .batch_execute("SELECT 1")
        .await
        .expect("the open one goes on");
    proxy.resume();
    wait_until("connections to be taken again", async || {
        connect(proxy.url()).await.is_ok()
    })
    .await;

    proxy.swallow();
    let query = client.batch_execute("SELECT 1");
    tokio::pin!(query);
    assert!(
        tokio::time::timeout(Duration::from_millis(200), &mut query)
            .await
            .is_err(),
        "nothing passes"
    );
    proxy.resume();
    query.await.expect("what was held arrives");
    let connections = proxy.connections();
    assert!(
        !connections[0].is_open && connections[1].is_open,
        "{connections:?}"
    );
    assert!(
        connections[1].from_client > 0 && connections[1].from_server > 0,
        "{connections:?}"
    );
}

#[tokio::test]
async fn the_proxy_decides_whether_a_commit_happens() {
    let db = table().await;
    let proxy = Proxy::start(&db.url()).await;
    let insert = async |id: i32| {
        let client = connect(proxy.url()).await.expect("the proxy forwards");
        client.batch_execute("BEGIN").await.expect("the proxy forwards");
        client
            .batch_execute(&format!("INSERT INTO t VALUES ({id})"))
            .await
            .expect("the proxy forwards");
        client
            .batch_execute("COMMIT")
            .await
            .expect_err("the connection was cut");
        proxy.wait_until_drained().await;
    };
    proxy.when_client_sends("COMMIT", Fault::CutBefore);
    insert(1001).await;
    proxy.when_client_sends("COMMIT", Fault::CutAfter);
    insert(1002).await;
    assert_eq!(
        db.query_column("SELECT id FROM t WHERE id > 1000").await,
        ["1002"]
    );

    let client = connect(proxy.url()).await.expect("the proxy forwards");
    proxy.when_client_sends("id = 7", Fault::SwallowBefore);
    let update = client.batch_execute("UPDATE t SET n = 7 WHERE id = 7");
    tokio::select! {
        _ = update => panic!("nothing passes"),
        () = proxy.wait_until_fired() => {}
    }
    assert_eq!(db.query_one_text("SELECT n FROM t WHERE id = 7").await, "0");
}

#[tokio::test]
async fn the_proxy_freezes_before_a_message_and_hangs_up_as_a_dead_client_would() {
    let db = table().await;
    let proxy = Proxy::start(&db.url()).await;
    proxy.at_message(3, "somebody else", Fault::SwallowBefore);
    let client = connect(proxy.url()).await.expect("the proxy forwards");
    let update = "UPDATE t SET n = n + 1 WHERE id = $1::text::int";
    let frozen = async {
        client.execute_typed(update, &[(&"1", Type::TEXT)]).await?;
        client.batch_execute("UPDATE t SET n = n + 1 WHERE id = 2").await
    };
    tokio::select! {
        outcome = frozen => panic!("it was to freeze: {outcome:?}"),
        () = proxy.wait_until_fired() => {}
    }
    let said: Vec<String> = proxy
        .messages()
        .into_iter()
        .map(|message| format!("{} {}", message.kind, message.sql))
        .collect();
    assert_eq!(
        said,
        [
            &format!("execute {update}"),
            "sync ",
            "query UPDATE t SET n = n + 1 WHERE id = 2"
        ]
    );
    proxy.hang_up();
    proxy.wait_until_drained().await;
    assert_eq!(
        db.query_column("SELECT id || ' ' || n FROM t WHERE id < 3 ORDER BY id")
            .await,
        ["1 1", "2 0"]
    );
}

/// Whichever of the two the proxy's thread hears of first.
#[tokio::test]
async fn the_end_of_a_client_behind_a_freeze_does_not_get_through() {
    let server = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .expect("a port is free");
    let address = server.local_addr().expect("it is bound");
    let proxy = Proxy::start(&format!("postgresql://nobody@{address}/none")).await;
    let (mut clients, mut accepted) = (Vec::new(), Vec::new());
    for _ in 0..32 {
        let mut client = TcpStream::connect(proxy.address()).await.expect("it listens");
        client.write_all(b"hello").await.expect("it is open");
        let (mut connection, _) = server.accept().await.expect("it listens");
        connection.read_exact(&mut [0; 5]).await.expect("it passes");
        clients.push(client);
        accepted.push(connection);
    }
    proxy.swallow();
    drop(clients);
    // Nothing can be waited for: the time is what an end would have needed to arrive, many times over.
    tokio::time::sleep(Duration::from_millis(200)).await;
    for connection in &accepted {
        let heard = connection.try_read(&mut [0; 1]);
        assert_eq!(heard.expect_err("it is silent").kind(), ErrorKind::WouldBlock);
    }
    proxy.resume();
    for mut connection in accepted {
        assert_eq!(connection.read(&mut [0; 1]).await.expect("it ends in order"), 0);
    }
}

#[tokio::test]
async fn the_proxy_cuts_after_so_many_bytes() {
    let db = table().await;
    let proxy = Proxy::start(&db.url()).await;
    proxy.cut_after(20);
    connect(proxy.url())
        .await
        .expect_err("the startup message is longer");
    proxy.wait_until_drained().await;
    assert_eq!(proxy.connections()[0].from_client, 20);
    connect(proxy.url()).await.expect("once only");
}

#[tokio::test]
async fn a_big_pipeline_passes_the_proxy_both_ways() {
    let db = table().await;
    let proxy = Proxy::start(&db.url()).await;
    let client = connect(proxy.url()).await.expect("the proxy forwards");
    let padding = "x".repeat(100_000);
    let sql = format!("SELECT repeat('y', 100000) /* {padding} */");
    let all: Vec<_> = (0..40).map(|_| client.simple_query(&sql)).collect();
    for answer in all {
        answer.await.expect("nothing blocks");
    }
    wait_until("the proxy's own count", async || {
        proxy.connections()[0].from_server > 4_000_000
    })
    .await;
}

#[tokio::test]
async fn a_child_is_stopped_continued_and_killed() {
    let mut child = Command::new("sh")
        .args([
            "-c",
            "echo ready; read line; echo \"got $line\"; echo ${PGHOST-none} >&2",
        ])
        .stdin("word\n")
        .spawn();
    child.wait_for_output("got word").await;
    let finished = child.finish().await;
    assert_eq!(
        (finished.code, finished.stdout.as_str(), finished.stderr.as_str()),
        (Some(0), "ready\ngot word\n", "none\n")
    );

    let mut child = Command::new("sh")
        .args([
            "-c",
            "trap 'echo caught; exit 130' INT; echo ready; while :; do sleep 0.05; done",
        ])
        .spawn();
    child.wait_for_output("ready").await;
    child.sigstop();
    child.sigint();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(150) {
        assert!(
            child.is_running() && !child.stdout_so_far().contains("caught"),
            "frozen"
        );
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    child.sigcont();
    let finished = child.finish().await;
    assert_eq!(
        (finished.code, finished.stdout.as_str()),
        (Some(130), "ready\ncaught\n")
    );

    let mut child = Command::new("sleep").arg("60").spawn();
    child.kill9();
    assert_eq!(child.finish().await.signal, Some(9));
}
