//! Throwaway servers: they start (as root too), stop, crash, come back and leave nothing behind.

#![expect(
    clippy::disallowed_methods,
    reason = "the tests talk to their own children by the environment"
)]

use std::path::Path;
use std::time::Duration;
use windlass_testkit::{Command, Rival, Server, SmallDisk, TlsFiles, shared, shared_in, wait_until};

/// When this is set, `a_user_of_a_shared_server` is a real second process.
const NAMESPACE: &str = "TESTKIT_TEST_NAMESPACE";

#[tokio::test]
async fn a_server_survives_a_crash_and_a_kill_and_leaves_no_files() {
    let server = Server::builder().setting("work_mem", "5MB").start().await;
    let db = server.database("app").await;
    let settings = "SELECT current_setting('work_mem') || current_setting('max_connections') || current_setting('fsync')";
    assert_eq!(db.query_one_text(settings).await, "5MB200off");
    db.execute("CREATE TABLE t AS SELECT 7 AS a").await;

    let pid = server.pid();
    server.stop_immediate().await;
    assert_eq!(server.pid(), None);
    assert!(db.try_execute("SELECT 1").await.is_err());
    server.restart().await;
    assert_ne!(server.pid(), pid);
    assert_eq!(db.query_one_text("SELECT a FROM t").await, "7");
    server.kill9().await;
    server.restart().await;
    assert_eq!(db.query_one_text("SELECT a FROM t").await, "7");
    assert!(
        server
            .log()
            .contains("database system was not properly shut down"),
        "{}",
        server.log()
    );

    let directory = server.socket_dir().to_owned();
    assert!(directory.exists());
    drop(server);
    assert!(!directory.exists());
}

#[tokio::test]
async fn a_small_disk_that_outlives_its_server_does_not_keep_the_files() {
    let server = Server::start().await;
    let disk = SmallDisk::mount(&server, 1);
    let directory = server.socket_dir().to_owned();
    drop(server);
    assert!(!directory.exists());
    drop(disk);
}

#[tokio::test]
async fn passwords_and_tls_are_asked_for_when_wanted() {
    let tls = TlsFiles::generate(&["localhost", "127.0.0.1"]);
    let server = Server::builder()
        .password_auth("scram-sha-256")
        .tls(tls)
        .start()
        .await;
    let db = server.fresh_database().await;
    assert_eq!(db.query_one_text("SHOW ssl").await, "on");
    let connect = async |url: String| {
        tokio_postgres::connect(&url, tokio_postgres::NoTls)
            .await
            .map(drop)
    };
    connect(db.url()).await.expect("the address carries the password");
    connect(db.url_for("postgres"))
        .await
        .expect_err("no password, no session");
}

#[tokio::test]
async fn a_standby_follows_and_blocks_behind_replayed_locks() {
    let server = Server::start().await;
    let db = server.database("app").await;
    db.execute("CREATE TABLE t AS SELECT 1 AS a").await;
    let standby = server.standby().await;
    let copy = standby.database("app").await;
    db.execute("INSERT INTO t VALUES (2)").await;
    copy.wait_for("SELECT count(*) FROM t", |count| count == 2).await;
    assert!(copy.try_execute("INSERT INTO t VALUES (3)").await.is_err());

    let rival = Rival::hold(&db, "BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE").await;
    // Only a commit sends the lock's record at once; else the server takes its 15 s.
    db.execute("CREATE TABLE other ()").await;
    let replayed = "SELECT count(*) FROM pg_locks
                     WHERE relation = 't'::regclass AND mode = 'AccessExclusiveLock'";
    copy.wait_for(replayed, |count| count > 0).await;
    let reader = Rival::run(&copy, "SELECT count(*) FROM t").await;
    reader.wait_until_blocked(&copy).await;
    rival.release().await;
    reader.finish().await.expect("the lock goes on the standby too");
}

#[tokio::test]
async fn databases_are_apart_and_go_with_their_sessions_and_roles() {
    let server = shared().await;
    let (one, two) = (server.database().await, server.database().await);
    one.execute("CREATE TABLE t (a int)").await;
    two.execute("CREATE TABLE t (b text)").await;
    let role = one.create_role("NOSUPERUSER").await;
    let session = one.connect_as(&role).await;
    assert!(session.batch_execute("CREATE DATABASE nope").await.is_err());

    let name = one.name().to_owned();
    drop(one);
    let count = format!(
        "SELECT (SELECT count(*) FROM pg_database WHERE datname = '{name}')
              + (SELECT count(*) FROM pg_roles WHERE rolname = '{role}')"
    );
    assert_eq!(two.query_one_text(&count).await, "0");
    assert!(session.batch_execute("SELECT 1").await.is_err());
}

#[tokio::test]
async fn a_dump_shows_the_schema_and_nothing_else() {
    let db = shared().await.database().await;
    db.execute("CREATE SCHEMA windlass; CREATE TABLE windlass.x (); CREATE TABLE t (a int)")
        .await;
    let owner = db.query_one_text("SELECT current_user").await;
    assert_eq!(
        db.dump_excluding_schema("windlass"),
        format!("CREATE TABLE public.t (\n    a integer\n);\nALTER TABLE public.t OWNER TO {owner};\n")
    );
    assert!(db.dump().contains("windlass.x"));
}

#[tokio::test]
async fn a_missing_server_is_an_error_that_says_so() {
    let error = Server::builder()
        .bindir("/nowhere")
        .try_start()
        .await
        .expect_err("nothing is there");
    assert_eq!(
        error.to_string(),
        "found no usable `initdb` and `postgres` in /nowhere"
    );
}

#[tokio::test]
async fn a_shared_server_is_used_by_two_processes_and_gone_after_them() {
    if std::env::var("WINDLASS_TEST_DATABASE_URL").is_ok() {
        return; // Nothing is shared then but the given server.
    }
    let namespace = format!("test-{}", std::process::id());
    let user = || {
        let program = std::env::current_exe().expect("a test has a program");
        Command::new(program)
            .args(["--ignored", "--exact", "--nocapture", "a_user_of_a_shared_server"])
            .env(NAMESPACE, &namespace)
            .stdin("")
    };
    let (mut first, mut second) = (user().spawn(), user().spawn());
    first.wait_for_output("pid=").await;
    second.wait_for_output("pid=").await;
    let pid = |text: String| -> u32 {
        let after = text.split("pid=").nth(1).expect("waited for");
        let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().expect("a number follows")
    };
    let (a, b) = (pid(first.stdout_so_far()), pid(second.stdout_so_far()));
    assert_eq!(a, b, "both use one server");
    first.kill9();
    first.finish().await;
    assert!(is_postmaster(a), "one process is left");
    second.kill9();
    second.finish().await;
    wait_until("the shared server to stop", async || !is_postmaster(a)).await;
}

/// Not a test of its own: the body of the processes above.
#[tokio::test]
#[ignore = "run by a_shared_server_is_used_by_two_processes_and_gone_after_them"]
async fn a_user_of_a_shared_server() {
    let Ok(namespace) = std::env::var(NAMESPACE) else {
        return;
    };
    let server = shared_in(&namespace, Duration::from_secs(1)).await;
    let db = server.database().await;
    assert_eq!(db.query_one_text("SELECT 1").await, "1");
    println!("pid={};", server.pid().expect("it is ours"));
    tokio::time::sleep(Duration::from_secs(60)).await;
}

#[tokio::test]
async fn a_killed_test_leaves_no_server_behind() {
    let program = std::env::current_exe().expect("a test has a program");
    let mut child = Command::new(program)
        .args(["--ignored", "--exact", "--nocapture", "a_test_that_hangs"])
        .env(NAMESPACE, "any")
        .spawn();
    child.wait_for_output("directory=").await;
    let text = child.stdout_so_far();
    let after = text.split("directory=").nth(1).expect("waited for");
    let directory = Path::new(after.split(';').next().expect("a split has a first part")).to_owned();
    let pid_file = std::fs::read_to_string(directory.join("data/postmaster.pid")).expect("it runs");
    let pid = pid_file
        .lines()
        .next()
        .and_then(|line| line.parse().ok())
        .expect("its pid comes first");
    child.kill9();
    child.finish().await;
    wait_until("the server to go", async || {
        !directory.exists() && !is_postmaster(pid)
    })
    .await;
}

/// Not a test of its own: the body of the process above.
#[tokio::test]
#[ignore = "run by a_killed_test_leaves_no_server_behind"]
async fn a_test_that_hangs() {
    if std::env::var(NAMESPACE).is_ok() {
        let server = Server::start().await;
        let _disk = SmallDisk::mount(&server, 1);
        println!("directory={};", server.socket_dir().display());
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
}

#[tokio::test]
async fn a_crashed_shared_server_is_replaced() {
    let namespace = format!("crash-{}", std::process::id());
    let old = shared_in(&namespace, Duration::ZERO)
        .await
        .pid()
        .expect("it is ours");
    let killed = std::process::Command::new("kill")
        .args(["-9", &old.to_string()])
        .status();
    assert!(killed.is_ok_and(|status| status.success()));
    wait_until("the postmaster to die", async || !is_postmaster(old)).await;
    let server = shared_in(&namespace, Duration::ZERO).await;
    assert_ne!(server.pid(), Some(old));
    assert_eq!(server.database().await.query_one_text("SELECT 1").await, "1");
}

/// Root is the case of containers: the other tests cover it when run as root, this one the other case.
#[tokio::test]
async fn an_ordinary_user_starts_a_server_too() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let ordinary = 65534; // nobody
    let own =
        std::fs::metadata("/proc/self").map_or(ordinary, |found| std::os::unix::fs::MetadataExt::uid(&found));
    if own != 0 {
        return; // Then the other tests cover this case.
    }
    // The build's folder may be closed to others.
    let dir = tempfile::tempdir().expect("the temp dir takes folders");
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o777)).expect("it is ours");
    let copy = dir.path().join("copy");
    std::fs::copy(std::env::current_exe().expect("a test has a program"), &copy).expect("there is room");
    let run = std::process::Command::new(&copy)
        .args([
            "--exact",
            "a_server_survives_a_crash_and_a_kill_and_leaves_no_files",
        ])
        .current_dir(dir.path())
        .uid(ordinary)
        .gid(ordinary)
        .output()
        .expect("the copy runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
}

/// A zombie whose new parent does not reap it counts as gone.
fn is_postmaster(pid: u32) -> bool {
    let status = std::process::Command::new("ps")
        .args(["-o", "stat=", "-p", &pid.to_string()])
        .output();
    let status = String::from_utf8_lossy(&status.expect("ps runs").stdout)
        .trim()
        .to_owned();
    !status.is_empty() && !status.starts_with('Z')
}
