//! PgBouncer that shares server sessions between clients: what goes through it, and what must not.
//!
//! Skipped, with a sentence, where PgBouncer is not installed.

use windlass_testkit::{Database, Finished, Pooler};

use crate::project::Project;
use crate::scene::{Scene, at_each_budget};

/// What windlass brings with a connection, so that PgBouncer lets it in and forgets all of it.
const LENIENT: (&str, &str) = (
    "ignore_startup_parameters",
    "row_security, client_connection_check_interval, tcp_keepalives_idle, tcp_keepalives_interval, \
     tcp_keepalives_count, idle_session_timeout, statement_timeout, windlass.probe, search_path, role, \
     extra_float_digits, options",
);

const COMMANDS: [&[&str]; 7] = [
    &["upgrade"],
    &["downgrade", "base"],
    &["stamp", "head"],
    &["status"],
    &["verify"],
    &["history"],
    &["wait", "--timeout", "60s"],
];

fn names_the_pooler(ended: &Finished) {
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    for part in [
        "give the URL of the server itself",
        "migrations need a session of their own",
    ] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
}

/// Nothing was written, nothing is locked, and no setting of ours is in a session that applications get.
async fn is_untouched(database: &Database, pooler: &Pooler) {
    let ours = "SELECT (SELECT count(*) FROM pg_namespace WHERE nspname = 'windlass') \
                     + (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory') \
                     + (SELECT count(*) FROM pg_class WHERE relname = 't')";
    assert_eq!(database.query_one_text(ours).await, "0");
    let (application, connection) =
        windlass_testkit::tokio_postgres::connect(pooler.url(), windlass_testkit::tokio_postgres::NoTls)
            .await
            .expect("an application gets in");
    tokio::spawn(connection);
    let settings = "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings \
                     WHERE name IN ('lock_timeout', 'statement_timeout', 'row_security', 'synchronous_commit')";
    let found = application.simple_query(settings).await.expect("it answers");
    let found: Vec<_> = found
        .iter()
        .filter_map(|message| match message {
            windlass_testkit::tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        })
        .collect();
    assert_eq!(
        found,
        ["lock_timeout=0 row_security=on statement_timeout=0 synchronous_commit=on"]
    );
}

async fn is_refused(mode: &str, settings: &[(&str, &str)]) {
    let project = Project::new(&[("0001_t", "CREATE TABLE t (id int);")]).await;
    // One session for all: whatever is left behind in it, the next client gets.
    let mut settings = settings.to_vec();
    settings.push(("default_pool_size", "1"));
    let Some(pooler) = Pooler::start(&project.database, mode, &settings).await else {
        return;
    };
    for command in COMMANDS {
        let ended = project
            .windlass(command)
            .env("DATABASE_URL", pooler.url())
            .run()
            .await;
        names_the_pooler(&ended);
    }
    is_untouched(&project.database, &pooler).await;
    let doctor = project
        .windlass(&["doctor"])
        .env("DATABASE_URL", pooler.url())
        .run()
        .await;
    assert_ne!(doctor.code, Some(0));
    let told = format!("{}{}", doctor.stdout, doctor.stderr);
    assert!(told.contains("give the URL of the server itself"), "{told}");
    // The same project, with the address of the server itself.
    project.upgrade(0).await;
}

#[tokio::test]
async fn a_pooler_that_refuses_our_settings_is_named() {
    is_refused("transaction", &[]).await;
}

#[tokio::test]
async fn a_pooler_that_drops_our_settings_is_found_out() {
    is_refused("transaction", &[LENIENT]).await;
}

#[tokio::test]
async fn a_pooler_that_changes_the_session_with_each_statement_is_found_out() {
    is_refused("statement", &[LENIENT]).await;
}

#[tokio::test]
async fn a_pooler_that_keeps_sessions_but_drops_our_settings_is_found_out() {
    is_refused("session", &[LENIENT]).await;
}

#[tokio::test]
async fn measured_an_application_behind_a_pooler() {
    at_each_budget(async |budget| {
        let scene = Scene::new(&[("0002_c", "ALTER TABLE hot ADD COLUMN c int;")]).await;
        let Some(pooler) = Pooler::start(scene.database(), "transaction", &[]).await else {
            return;
        };
        let holding = "BEGIN; SELECT * FROM hot LIMIT 1";
        let rival = windlass_testkit::Rival::hold(scene.database(), holding).await;
        let run = scene.through(pooler.url()).begin(budget).await;
        run.says("not queueing behind who holds the lock").await;
        tokio::time::sleep(crate::scene::hold() / 2).await;
        rival.release().await;
        run.end(0).await.kept();
    })
    .await;
}
