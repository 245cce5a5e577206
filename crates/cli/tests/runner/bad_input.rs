//! Input of a size or kind that nobody planned for.

use std::fmt::Write as _;
use std::fs;

use crate::project::{Ended, Project, is_full};

#[tokio::test]
async fn a_migration_of_many_megabytes_is_applied() {
    let megabytes = if is_full() { 50 } else { 2 };
    let mut inserts = String::from("CREATE TABLE t (id int, note text);\n");
    let mut rows = 0;
    while inserts.len() < megabytes << 19 {
        rows += 1;
        writeln!(
            inserts,
            "INSERT INTO t VALUES ({rows}, 'a note; with a semicolon, and $tag$ of {rows}');"
        )
        .expect("it is memory");
    }
    let mut copy = String::from("COPY t (id, note) FROM stdin;\n");
    while copy.len() < megabytes << 19 {
        rows += 1;
        writeln!(copy, "{rows}\ta note; with a semicolon, and $tag$ of {rows}").expect("it is memory");
    }
    copy.push_str("\\.\n");
    let project = Project::new(&[("0001_t", &(inserts + &copy))]).await;
    let finished = project
        .windlass(&["upgrade"])
        .spawn()
        .finish_within(std::time::Duration::from_secs(200))
        .await
        .expect(0);
    assert_eq!(
        project
            .one("SELECT count(*) || ' ' || count(DISTINCT id) FROM t")
            .await,
        format!("{rows} {rows}")
    );
    assert_eq!(project.applied().await, ["0001_t"], "{}", finished.stderr);
}

#[tokio::test]
async fn thousands_of_revisions_are_applied_once_and_then_nothing_is_to_do() {
    let count = if is_full() { 10_000 } else { 300 };
    let project = Project::new(&[]).await;
    for number in 1..=count {
        fs::write(
            project.migrations().join(format!("{number:05}_r.sql")),
            format!("CREATE SEQUENCE s{number};"),
        )
        .expect("a file can be written");
    }
    for expected in ["applied", "nothing to do"] {
        let finished = project
            .windlass(&["upgrade"])
            .spawn()
            .finish_within(std::time::Duration::from_secs(200))
            .await
            .expect(0);
        assert!(finished.stderr.contains(expected), "{}", finished.stderr);
    }
    assert_eq!(
        project
            .one("SELECT count(*) FROM windlass.revision WHERE state = 'applied'")
            .await,
        count.to_string()
    );
    let status = project.windlass(&["status"]).run().await.expect(0);
    assert!(status.stdout.len() < 100_000, "status stays readable");
}

#[tokio::test]
async fn reserved_words_and_strange_letters_name_tables_columns_and_revisions() {
    let project = Project::new(&[
        (
            "0001_order by",
            "CREATE SCHEMA \"select\"; CREATE TABLE \"select\".\"table\" (\"user\" int PRIMARY KEY, \"a \"\"b\" int, \"größe\" int);\n\
             INSERT INTO \"select\".\"table\" SELECT g, g, g FROM generate_series(1, 30) g;",
        ),
        (
            "0002_Größe 世界",
            "CREATE INDEX CONCURRENTLY \"where\" ON \"select\".\"table\" (\"größe\");\n\
             REINDEX INDEX CONCURRENTLY \"select\".\"where\";\n\
             -- windlass: backfill \"from\" on \"select\".\"table\" batch=10\n\
             UPDATE \"select\".\"table\" SET \"a \"\"b\" = \"größe\" + 1;\n\
             DROP INDEX CONCURRENTLY \"select\".\"where\";",
        ),
        ("0003_it's", "ALTER TABLE \"select\".\"table\" DROP COLUMN \"größe\";"),
    ])
    .await;
    project.upgrade(0).await;
    assert_eq!(
        project.applied().await,
        ["0001_order by", "0002_Größe 世界", "0003_it's"]
    );
    assert_eq!(
        project
            .one("SELECT bool_and(\"a \"\"b\" = \"user\" + 1) FROM \"select\".\"table\"")
            .await,
        "t"
    );
    for command in [
        &["status"][..],
        &["history", "--report"],
        &["show", "0003"],
        &["plan"],
    ] {
        project.windlass(command).run().await.expect(0);
    }
}

#[tokio::test]
async fn clocks_two_hours_apart_do_not_matter_since_times_are_the_servers() {
    if std::process::Command::new("faketime")
        .arg("--version")
        .output()
        .is_err()
    {
        eprintln!("skipped: faketime is not installed (apt-get install faketime)");
        return;
    }
    let project = Project::new(&[("0001_t", "CREATE TABLE t (a int);\nVACUUM t;")]).await;
    for (offset, revision) in [("+2h", None), ("-2h", Some("0002_u"))] {
        if let Some(name) = revision {
            project.write(name, "CREATE TABLE u (a int);");
        }
        windlass_testkit::Command::new("faketime")
            .args(["-f", offset, env!("CARGO_BIN_EXE_windlass"), "upgrade"])
            .current_dir(project.folder())
            .env("DATABASE_URL", project.database.url())
            .run()
            .await
            .expect(0);
    }
    for times in [
        "SELECT started_at AS at FROM windlass.run UNION ALL SELECT finished_at FROM windlass.run",
        "SELECT started_at AS at FROM windlass.revision UNION ALL SELECT applied_at FROM windlass.revision",
        "SELECT started_at AS at FROM windlass.step UNION ALL SELECT finished_at FROM windlass.step",
        "SELECT at FROM windlass.history",
    ] {
        let near = format!(
            "SELECT bool_and(at BETWEEN now() - interval '30 min' AND now()) FROM ({times}) AS times"
        );
        assert_eq!(project.one(&near).await, "t", "{times}");
    }
    assert_eq!(
        project
            .one("SELECT string_agg(revision_id, ' ' ORDER BY entry) FROM windlass.history")
            .await,
        "0001_t 0002_u"
    );
}

#[tokio::test]
async fn what_has_a_revisions_name_and_is_no_file_is_told() {
    let project = Project::new(&[("0001_t", "CREATE TABLE t (a int);")]).await;
    let odd = project.migrations().join("0002_u.sql");
    let says = async |part: &str| {
        for command in ["upgrade", "status"] {
            let finished = project.windlass(&[command]).run().await.expect(2);
            let said = finished.stdout + &finished.stderr;
            assert!(said.contains("0002_u.sql: ") && said.contains(part), "{said}");
        }
    };
    let lint = async |code| project.windlass(&["lint"]).run().await.expect(code);
    fs::create_dir(&odd).expect("a folder can be made");
    says("this is a folder, and has a revision's name").await;
    fs::remove_dir(&odd).expect("it is empty");
    std::os::unix::fs::symlink("nowhere.sql", &odd).expect("a link can be made");
    says("this link points to nothing").await;
    fs::remove_file(&odd).expect("it is there");
    let made = std::process::Command::new("mkfifo").arg(&odd).status();
    assert!(made.expect("mkfifo is there").success());
    says("this is no file, and has a revision's name").await;
    lint(2).await;
    fs::remove_file(&odd).expect("it is there");
    let listening = std::os::unix::net::UnixListener::bind(&odd).expect("a socket can be made");
    says("this is no file, and has a revision's name").await;
    drop(listening);
    fs::remove_file(&odd).expect("it is there");
    assert_eq!(project.one("SELECT to_regclass('t')").await, "NULL");
    // A link to a file is one, also through a linked folder as volumes of configuration have them; an editor's lock is none.
    let data = project.migrations().join("..data");
    fs::create_dir(&data).expect("a folder can be made");
    fs::write(data.join("u.sql"), "CREATE TABLE u (a int);").expect("a file can be written");
    std::os::unix::fs::symlink("..data/u.sql", &odd).expect("a link can be made");
    let lock = project.migrations().join(".#0002_u.sql");
    std::os::unix::fs::symlink("somebody@somewhere.1", lock).expect("a link can be made");
    let finished = project.upgrade(0).await;
    assert_eq!(
        project.applied().await,
        ["0001_t", "0002_u"],
        "{}",
        finished.stderr
    );
    assert!(!finished.stderr.contains("..data"), "{}", finished.stderr);
}
