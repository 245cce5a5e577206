//! What the server refuses: each with a full sentence on what to do, and nothing half done.

use windlass_testkit::{Server, SmallDisk};

use crate::project::{Ended, Project};

/// All of them in what was said.
#[track_caller]
fn assert_said(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

#[tokio::test]
async fn a_full_disk_is_named_and_the_step_runs_once_there_is_room() {
    let server = Server::start().await;
    let Some(disk) = SmallDisk::mount(&server, 16) else {
        return;
    };
    let project = Project::on(server, &[("0001_t", "CREATE TABLE t (a int);")]).await;
    project.upgrade(0).await;
    let name = project.database.name();
    project
        .database
        .execute(&format!("CREATE TABLESPACE small LOCATION '{}'", disk.place()))
        .await;
    project
        .database
        .execute("CREATE TABLE fill (a text) TABLESPACE small; ALTER TABLE t SET TABLESPACE small")
        .await;
    // About 11 of the 16 MB.
    project
        .database
        .execute("INSERT INTO fill SELECT md5(g::text) FROM generate_series(1, 170000) g")
        .await;
    project.write(
        "0002_d",
        "INSERT INTO t SELECT generate_series(1, 10);\nINSERT INTO t SELECT generate_series(1, 300000);",
    );
    let full = project.upgrade(1).await;
    assert_said(
        &full.stderr,
        &[
            "0002_d step 1 of 1: line 2: INSERT INTO t SELECT generate_series(1, 300000)",
            "No space left on device",
            "hint: the server's disk is full: free space there or add some, then run the same command again",
        ],
    );
    assert_eq!(
        project.one("SELECT count(*) FROM t").await,
        "0",
        "nothing of the step stays"
    );
    project.database.execute("DROP TABLE fill").await;
    project.database.execute("VACUUM t").await;
    project.upgrade(0).await;
    assert_eq!(project.one("SELECT count(*) FROM t").await, "300010");

    // An index that finds no room is not left behind INVALID.
    project
        .database
        .execute(&format!("ALTER DATABASE {name} SET default_tablespace = small"))
        .await;
    project.write("0003_i", "CREATE INDEX CONCURRENTLY t_a ON t (a);");
    let full = project.upgrade(1).await;
    assert_said(
        &full.stderr,
        &["No space left on device", "the server's disk is full"],
    );
    assert_eq!(
        project
            .one("SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass")
            .await,
        "0"
    );
    project
        .database
        .execute(&format!("ALTER DATABASE {name} RESET default_tablespace"))
        .await;
    project.upgrade(0).await;
    assert_eq!(
        project
            .one("SELECT bool_and(indisvalid) FROM pg_index WHERE indrelid = 't'::regclass")
            .await,
        "t"
    );
}

#[tokio::test]
async fn a_wrong_password_is_told_without_the_password() {
    let server = Server::builder().password_auth("scram-sha-256").start().await;
    let project = Project::on(server, &[("0001_t", "CREATE TABLE t (a int);")]).await;
    let url = project.database.url().replace("windlass@", "not-this-one@");
    for log in ["text", "json"] {
        let refused = project
            .windlass(&["upgrade", "--log", log, "--json"])
            .env("DATABASE_URL", &url)
            .run()
            .await
            .expect(1);
        let said = refused.stdout + &refused.stderr;
        assert_said(&said, &["password authentication failed for user", "postgres"]);
        assert!(!said.contains("not-this-one"), "{said}");
    }
    let none = project.database.url().replace(":windlass@", "@");
    let refused = project.upgrade_by(&none).run().await.expect(1);
    assert_said(&refused.stderr, &["password", "PGPASSWORD", ".pgpass"]);
}

#[tokio::test]
async fn a_missing_privilege_names_the_ways_to_have_it() {
    let project = Project::new(&[("0001_t", "CREATE TABLE t (a int);")]).await;
    project.upgrade(0).await;
    let role = project.database.create_role("").await;
    project
        .database
        .execute(&format!(
            "GRANT USAGE ON SCHEMA windlass TO {role}; \
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA windlass TO {role}"
        ))
        .await;
    project.write("0002_c", "ALTER TABLE t ADD b int;");
    let denied = project
        .upgrade_by(&project.database.url_for(&role))
        .run()
        .await
        .expect(1);
    assert_said(
        &denied.stderr,
        &[
            "0002_c step 1 of 1",
            "must be owner of table t",
            "hint: the role may not do this: run as the owner",
        ],
    );
    assert_eq!(project.applied().await, ["0001_t"]);
    // A journal of somebody else's is told as well.
    project
        .database
        .execute(&format!(
            "REVOKE ALL ON ALL TABLES IN SCHEMA windlass FROM {role}"
        ))
        .await;
    let denied = project
        .upgrade_by(&project.database.url_for(&role))
        .run()
        .await
        .expect(1);
    assert_said(
        &denied.stderr,
        &[
            "failed to read the journal",
            "hint: the journal belongs to the role",
        ],
    );
}

#[tokio::test]
async fn a_standby_refuses_writes_and_the_primary_is_named_as_the_way() {
    let server = Server::start().await;
    if !server.binaries().tool("pg_basebackup").is_file() {
        eprintln!("skipped: no pg_basebackup beside this server");
        return;
    }
    let project = Project::on(server, &[("0001_t", "CREATE TABLE t (a int);")]).await;
    project.upgrade(0).await;
    let standby = project.server.standby().await;
    let url = standby.url(project.database.name());
    project.upgrade_by(&url).run().await.expect(0);
    project.write("0002_c", "ALTER TABLE t ADD b int;");
    let refused = project.upgrade_by(&url).run().await.expect(1);
    assert_said(
        &refused.stderr,
        &[
            "read-only transaction",
            "hint: this server takes no writes: connect to the primary",
        ],
    );
    // Both hosts, and the attribute: the primary is found.
    let both = format!(
        "postgresql://postgres@127.0.0.1:{},127.0.0.1:{}/{}?target_session_attrs=read-write",
        standby.port(),
        project.server.port(),
        project.database.name()
    );
    project.upgrade_by(&both).run().await.expect(0);
    assert_eq!(project.applied().await.len(), 2);
}

#[tokio::test]
async fn a_database_that_is_dropped_between_two_steps_is_named() {
    let project = Project::new(&[(
        "0001_t",
        "CREATE TABLE t (a int);\nVACUUM t;\nSELECT pg_sleep(60);\nINSERT INTO t VALUES (1);",
    )])
    .await;
    let running = project.windlass(&["upgrade"]).spawn();
    project.wait_for_statement("SELECT pg_sleep(60)").await;
    let name = project.database.name();
    let admin = project.server.database("postgres").await;
    admin.execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
    let finished = running.finish().await.expect(1);
    assert_said(
        &finished.stderr,
        &[
            "the database is gone, it was dropped or renamed during the run",
            &format!("database \"{name}\" does not exist"),
            "0001_t: step 2 of 3 is done",
            "hint: if it was restored under this name or made anew, run the same command again",
        ],
    );
}

#[tokio::test]
async fn another_servers_lost_connection_is_not_ours() {
    let project = Project::new(&[(
        "0001_far",
        "DO $$ BEGIN RAISE 'could not connect to server \"far\"' USING ERRCODE = '08001'; END $$;",
    )])
    .await;
    for code in ["08001", "57P01"] {
        project.write(
            "0001_far",
            &format!("DO $$ BEGIN RAISE 'far is far' USING ERRCODE = '{code}'; END $$;"),
        );
        let refused = project.upgrade(1).await;
        assert_said(&refused.stderr, &["far is far", &format!("sqlstate: {code}")]);
        assert!(!refused.stderr.contains("again in"), "{}", refused.stderr);
    }
}
