//! Which server, which user, which password: several hosts, session attributes, files.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use windlass::connect::ConnectErrorKind;

use crate::fake::{dead_port, refuses_with, says_nothing};
use crate::server::{PASSWORD, PASSWORD_ENCODED, Server, Setup};
use crate::{ask, open, options, refusal};

#[tokio::test]
async fn the_next_host_is_tried_when_one_is_dead() {
    let server = Server::start(&Setup::default());
    let (_kept, dead) = dead_port();
    let starting = refuses_with("57P03", "the database system is starting up")
        .await
        .port();
    let url = |ports: &[u16]| {
        let hosts: Vec<String> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        format!("postgresql://app:{PASSWORD_ENCODED}@{}/postgres", hosts.join(","))
    };
    let connection = open(&url(&[dead, starting, server.port]), &[]).await.unwrap();
    assert_eq!(connection.server.port, server.port);

    let error = refusal(&url(&[dead, starting]), &[]).await;
    assert_eq!(error.kind(), ConnectErrorKind::StartingUp);
    assert!(error.is_retryable());
    assert_eq!(
        error.to_string(),
        format!(
            "could not connect to any of 2 addresses\n  127.0.0.1:{dead}: connection refused\n  \
             127.0.0.1:{starting}: the database system is starting up"
        )
    );

    // a server that refuses the user ends the search, as in libpq
    let error = refusal(&url(&[server.port, dead]).replace("//app", "//nobody"), &[]).await;
    assert_eq!(error.kind(), ConnectErrorKind::Authentication);
    assert_eq!(error.attempts().len(), 1);
}

#[tokio::test]
async fn target_session_attrs_choose_the_server() {
    let primary = Server::start(&Setup::default());
    let read_only = Server::start(&Setup {
        settings: &["default_transaction_read_only = on"],
        ..Setup::default()
    });
    let standby = Server::start(&Setup {
        settings: &["restore_command = 'false'", "hot_standby = on"],
        standby: true,
        ..Setup::default()
    });
    let all = [&standby, &read_only, &primary];
    let found = async |wanted: &str, servers: &[&Server]| {
        let ports: Vec<String> = servers.iter().map(|server| server.port.to_string()).collect();
        let hosts = vec!["127.0.0.1"; ports.len()].join(",");
        let conninfo = format!(
            "host={hosts} port={} user=app password='{PASSWORD}' dbname=postgres target_session_attrs={wanted}",
            ports.join(",")
        );
        open(&conninfo, &[])
            .await
            .map(|connection| connection.server.port)
    };
    assert_eq!(found("any", &all).await.unwrap(), standby.port);
    assert_eq!(found("read-write", &all).await.unwrap(), primary.port);
    assert_eq!(
        found("read-only", &[&primary, &read_only]).await.unwrap(),
        read_only.port
    );
    assert_eq!(
        found("primary", &all).await.unwrap(),
        read_only.port,
        "a primary, though read-only by default"
    );
    assert_eq!(
        found("standby", &[&primary, &read_only, &standby]).await.unwrap(),
        standby.port
    );
    assert_eq!(
        found("prefer-standby", &[&primary, &standby]).await.unwrap(),
        standby.port
    );
    assert_eq!(
        found("prefer-standby", &[&primary, &read_only]).await.unwrap(),
        primary.port
    );
    let error = found("read-write", &[&standby, &read_only]).await.unwrap_err();
    assert_eq!(error.kind(), ConnectErrorKind::WrongSessionAttrs);
    assert_eq!(error.attempts().len(), 2);
    assert_eq!(error.attempts()[1].reason, "the session is read-only");
}

#[tokio::test]
async fn a_password_comes_from_the_password_file() {
    let server = Server::start(&Setup::default());
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(".pgpass");
    let escaped = PASSWORD.replace(':', "\\:");
    fs::write(
        &path,
        format!(
            "elsewhere:*:*:*:no\n127.0.0.1:{}:postgres:app:{escaped}\n",
            server.port
        ),
    )
    .unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let environment = [
        ("HOME", home.path().to_str().unwrap()),
        ("PGHOST", "127.0.0.1"),
        ("PGUSER", "app"),
    ];
    let conninfo = format!("port={} dbname=postgres", server.port);

    let connection = open(&conninfo, &environment).await.unwrap();
    assert_eq!(ask(&connection, "SELECT current_user").await, "app");
    let other_database = options(&conninfo, &environment)
        .unwrap()
        .with_database("template1");
    assert_eq!(
        windlass::connect::connect(&other_database, &[])
            .await
            .unwrap_err()
            .kind(),
        ConnectErrorKind::Authentication,
        "the line is for another database"
    );

    let error = refusal(&conninfo, &environment[1..]).await;
    assert_eq!(error.kind(), ConnectErrorKind::Authentication);
    assert!(
        error
            .to_string()
            .ends_with("the server wants a password for user \"app\""),
        "{error}"
    );

    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let resolved = options(&conninfo, &environment).unwrap();
    assert_eq!(resolved.warnings().len(), 1);
    assert!(resolved.warnings()[0].contains("group or world access"));
    assert_eq!(
        refusal(&conninfo, &environment).await.kind(),
        ConnectErrorKind::Authentication
    );
}

#[tokio::test]
async fn a_service_gives_what_the_string_does_not() {
    let server = Server::start(&Setup::default());
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("services");
    fs::write(
        &path,
        format!(
            "[shop]\nhost=127.0.0.1\nport={}\nuser=app\npassword={PASSWORD}\ndbname=nowhere\n",
            server.port
        ),
    )
    .unwrap();
    let environment = [
        ("PGSERVICEFILE", path.to_str().unwrap()),
        ("PGPORT", "1"),
        ("PGDATABASE", "neither"),
    ];
    let connection = open("service=shop dbname=postgres", &environment).await.unwrap();
    assert_eq!(ask(&connection, "SELECT current_database()").await, "postgres");
    let error = refusal("service=shop", &environment).await;
    assert_eq!(error.kind(), ConnectErrorKind::NoSuchDatabase);
    assert_eq!(error.sqlstate().unwrap().code(), "3D000");
    assert_eq!(
        refusal("service=shpo", &environment).await.kind(),
        ConnectErrorKind::BadOptions
    );
}

#[tokio::test]
async fn what_the_server_refuses_has_a_kind() {
    let server = Server::start(&Setup::default());
    let wrong = server.app("").replace(PASSWORD_ENCODED, "wr0ngpassword");
    let error = refusal(&wrong, &[]).await;
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (ConnectErrorKind::Authentication, false)
    );
    assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("wr0ngpassword"));

    let full = server.app("user=full_house");
    let error = refusal(&full, &[]).await;
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (ConnectErrorKind::TooManyConnections, true)
    );

    let error = refusal(&server.app("options=-c%20no_such_setting=1"), &[]).await;
    assert_eq!(error.kind(), ConnectErrorKind::BadOptions, "{error}");
}

#[tokio::test]
async fn a_pooler_that_refuses_our_probe_is_named() {
    let pooler = refuses_with(
        "08P01",
        "unsupported startup parameter in options: windlass.probe",
    )
    .await;
    let error = refusal(&format!("host=127.0.0.1 port={} user=app", pooler.port()), &[]).await;
    assert_eq!(error.kind(), ConnectErrorKind::Pooler);
    assert!(
        error
            .hint()
            .unwrap()
            .starts_with("give the URL of the server itself")
    );
}

#[tokio::test]
async fn a_silent_server_runs_into_the_timeout() {
    let (_listener, address) = says_nothing().await;
    let conninfo = format!(
        "host=127.0.0.1 port={} user=app connect_timeout=1",
        address.port()
    );
    let error = refusal(&conninfo, &[]).await;
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (ConnectErrorKind::Timeout, true)
    );
    assert_eq!(
        error.to_string(),
        format!(
            "could not connect to 127.0.0.1:{}: no answer within 1s",
            address.port()
        )
    );
}

#[tokio::test]
async fn a_socket_directory_is_a_host() {
    let server = Server::start(&Setup::default());
    let url = format!(
        "postgresql:///postgres?host={}&port={}&user=postgres",
        server.sockets(),
        server.port
    );
    let connection = open(&url, &[]).await.unwrap();
    assert_eq!(connection.server.address, None);
    assert_eq!(connection.server.host, server.sockets());
}
