//! What a session brings with it: probe, startup settings, notices, cancel, and news of its own end.

use windlass::connect::{ConnectErrorKind, connect};

use crate::server::{Server, Setup};
use crate::{ask, cancelled, open, options};

#[tokio::test]
async fn a_direct_connection_reads_its_probe_back() {
    let server = Server::start(&Setup::default());
    let connection = open(&server.app(""), &[]).await.unwrap();
    connection.verify_direct().await.unwrap();
    connection.client.batch_execute("RESET ALL").await.unwrap();
    connection.verify_direct().await.unwrap();
    connection.client.batch_execute("DISCARD ALL").await.unwrap();
    connection.verify_direct().await.unwrap();

    let error = connection.check_probe(None).unwrap_err();
    assert_eq!(error.kind(), ConnectErrorKind::Pooler);
    assert!(connection.check_probe(Some("another session's")).is_err());
}

#[tokio::test]
async fn startup_settings_are_what_reset_goes_back_to() {
    let server = Server::start(&Setup::default());
    let environment = [
        ("PGOPTIONS", "-c lock_timeout=9s -c geqo=off"),
        ("PGAPPNAME", "a b"),
        ("PGTZ", "Asia/Tokyo"),
    ];
    let startup = [
        ("lock_timeout", "500ms"),
        ("search_path", r#"a\b, "c d""#),
        ("row_security", "off"),
    ];
    let connection = connect(&options(&server.app(""), &environment).unwrap(), &startup)
        .await
        .unwrap();
    let setting = async |name: &str| ask(&connection, &format!("SELECT current_setting('{name}')")).await;
    for _ in 0..2 {
        assert_eq!(setting("lock_timeout").await, "500ms");
        assert_eq!(setting("search_path").await, r#"a\b, "c d""#);
        assert_eq!(setting("row_security").await, "off");
        assert_eq!(setting("geqo").await, "off");
        assert_eq!(setting("application_name").await, "a b");
        assert_eq!(setting("timezone").await, "Asia/Tokyo");
        connection
            .client
            .batch_execute("SET lock_timeout = 0; SET search_path = x; RESET ALL")
            .await
            .unwrap();
    }
    let named = [("application_name", "windlass work")];
    let named = connect(&options(&server.app(""), &environment).unwrap(), &named)
        .await
        .unwrap();
    assert_eq!(
        ask(&named, "SHOW application_name").await,
        "windlass work",
        "the caller knows best"
    );

    let bad = connect(&options(&server.app(""), &[]).unwrap(), &[("a b", "1")])
        .await
        .unwrap_err();
    assert_eq!(bad.kind(), ConnectErrorKind::BadOptions);
}

#[tokio::test]
async fn the_server_is_known_without_asking() {
    let server = Server::start(&Setup::default());
    let connection = open(&server.app(""), &[]).await.unwrap();
    assert_eq!(
        ask(&connection, "SELECT pg_backend_pid()").await,
        connection.server.pid.to_string()
    );
    assert_eq!(
        ask(&connection, "SHOW server_version_num").await,
        connection.server.version_num.to_string()
    );
    assert_eq!(connection.server.is_standby, Some(false));
    assert_eq!(ask(&connection, "SHOW application_name").await, "windlass");
}

#[tokio::test]
async fn notices_arrive_in_order() {
    let server = Server::start(&Setup::default());
    let mut connection = open(&server.app(""), &[]).await.unwrap();
    let sql = "DO $$BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two'; END$$";
    connection.client.batch_execute(sql).await.unwrap();
    let one = connection.notices.recv().await.unwrap();
    let two = connection.notices.recv().await.unwrap();
    assert_eq!(
        (one.message(), two.message(), two.severity()),
        ("one", "two", "WARNING")
    );
}

#[tokio::test]
async fn a_cancel_stops_the_query_and_only_it() {
    let server = Server::start(&Setup::default());
    for conninfo in [server.app("sslmode=disable"), server.superuser()] {
        let mut connection = open(&conninfo, &[]).await.unwrap();
        for _ in 0..20 {
            assert_eq!(cancelled(&mut connection).await, "57014");
            connection.client.batch_execute("SELECT 1").await.unwrap();
        }
    }
}

#[tokio::test]
async fn the_end_of_a_connection_has_a_reason() {
    let server = Server::start(&Setup::default());
    let connection = open(&server.app(""), &[]).await.unwrap();
    let rival = open(&server.superuser(), &[]).await.unwrap();
    let mut closed = connection.closed();
    assert_eq!(closed.reason(), None);
    ask(
        &rival,
        &format!("SELECT pg_terminate_backend({})", connection.server.pid),
    )
    .await;
    let reason = closed.wait().await;
    assert!(!reason.by_us);
    assert_eq!(reason.sqlstate.unwrap().code(), "57P01");
    assert_eq!(
        reason.message,
        "terminating connection due to administrator command"
    );
    assert!(connection.verify_direct().await.unwrap_err().is_retryable());

    assert!(rival.close().await.by_us);
    let connection = open(&server.app(""), &[]).await.unwrap();
    let mut closed = connection.closed();
    drop(server);
    assert!(!closed.wait().await.by_us);
}
