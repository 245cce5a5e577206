//! `windlass lint` from outside: files, formats, git ranges, exit codes, and what a database adds.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use windlass_testkit::{Command, Finished};

use crate::project::{Ended, Project};

const HAZARD: &str = "CREATE INDEX orders_total ON orders (total);\n";
const FINE: &str = "CREATE INDEX CONCURRENTLY orders_total ON orders (total);\n";

/// A folder with files; a project where `windlass.toml` is among them.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a folder can be made");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }
    folder
}

async fn lint(folder: &TempDir, args: &[&str]) -> Finished {
    let command = Command::new(env!("CARGO_BIN_EXE_windlass")).current_dir(folder.path());
    command.args(["lint"]).args(args).run().await
}

pub(crate) async fn git(folder: &Path, args: &[&str]) {
    let identity = [
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "-c",
        "commit.gpgsign=false",
    ];
    let command = Command::new("git").current_dir(folder).args(identity);
    command.args(args).run().await.expect(0);
}

#[tokio::test]
async fn a_hazard_is_shown_with_its_place_and_its_safe_form() {
    let project = folder(&[("windlass.toml", ""), ("migrations/0001_a.sql", HAZARD)]);
    let found = lint(&project, &[]).await.expect(4);
    for part in [
        "error[blocking-index-build]: building the index blocks writes to orders",
        "migrations/0001_a.sql:1:1",
        "CREATE INDEX CONCURRENTLY orders_total ON orders (total);",
        "1 statement in 1 file: 1 error, 0 warnings",
        "no database was asked",
    ] {
        assert!(found.stdout.contains(part), "{part}: {}", found.stdout);
    }
    fs::write(project.path().join("migrations/0001_a.sql"), FINE).expect("it can be written");
    lint(&project, &[]).await.expect(0);
    fs::write(project.path().join("migrations/0001_a.sql"), "CREATE INDEX ON;").expect("it can be written");
    lint(&project, &[]).await.expect(2);
}

#[tokio::test]
async fn what_windlass_sees_to_by_itself_is_no_note_where_it_runs_the_file() {
    let table = "CREATE TABLE orders (code varchar(20));\n";
    let change = "ALTER TABLE orders ALTER COLUMN code TYPE varchar(40);\n";
    let project = folder(&[
        ("windlass.toml", ""),
        ("migrations/0001_a.sql", table),
        ("migrations/0002_b.sql", change),
        ("other/1.sql", table),
        ("other/2.sql", change),
        ("refuse.toml", "safety = \"refuse\"\n"),
    ]);
    let ours = lint(&project, &["--notes", "migrations"]).await.expect(0);
    assert!(!ours.stdout.contains("lost-statistics"), "{}", ours.stdout);
    for args in [&["other"][..], &["migrations", "--config", "refuse.toml"]] {
        let told = lint(&project, &[&["--notes"], args].concat()).await.expect(0);
        assert!(
            told.stdout.contains("note[lost-statistics]"),
            "{args:?}: {}",
            told.stdout
        );
    }
    let atomic = format!("-- windlass: atomic\n{change}");
    fs::write(project.path().join("migrations/0002_b.sql"), atomic).expect("a file can be written");
    let told = lint(&project, &["--notes", "migrations"]).await.expect(0);
    assert!(told.stdout.contains("note[lost-statistics]"), "{}", told.stdout);
}

#[tokio::test]
async fn warnings_are_errors_and_notes_are_shown_where_somebody_says_so() {
    let project = folder(&[
        ("windlass.toml", ""),
        ("migrations/0001_a.sql", "DROP TABLE orders;\n"),
    ]);
    lint(&project, &[]).await.expect(0);
    lint(&project, &["--deny-warnings"]).await.expect(4);
    let project = folder(&[("a.sql", "CREATE TABLE t (id int PRIMARY KEY);")]);
    assert!(
        !lint(&project, &["a.sql"])
            .await
            .expect(0)
            .stdout
            .contains("small-key-type")
    );
    assert!(
        lint(&project, &["a.sql", "--notes"])
            .await
            .expect(0)
            .stdout
            .contains("small-key-type")
    );
}

#[tokio::test]
async fn rules_and_files_are_left_out_by_the_configuration() {
    let toml = "[lint]\noff = [\"blocking-index-build\"]\nexclude = [\"old/\"]\n";
    let files = [
        ("windlass.toml", toml),
        ("a.sql", HAZARD),
        ("old/b.sql", "VACUUM FULL orders;"),
    ];
    let project = folder(&files);
    let found = lint(&project, &["a.sql", "old", "--format", "json"])
        .await
        .expect(0);
    let json: serde_json::Value = serde_json::from_str(&found.stdout).expect("it is JSON");
    assert_eq!(json["files"].as_array().map(Vec::len), Some(1));
    assert_eq!(json["files"][0]["findings"][0]["rule"], "missing-lock-timeout");
}

#[tokio::test]
async fn another_tools_files_are_read_as_they_are() {
    let dbmate = "-- migrate:up transaction:false\nCREATE INDEX a ON orders (total);\n-- migrate:down\nDROP TABLE orders;\n";
    let psql = "\\set ON_ERROR_STOP on\nBEGIN;\nALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0) NOT VALID;\n\
                ALTER TABLE orders VALIDATE CONSTRAINT c;\nCOMMIT;\n";
    let files = folder(&[("db/1.sql", dbmate), ("db/2.sql", psql)]);
    let found = lint(&files, &["db", "--format", "json"]).await.expect(4);
    let json: serde_json::Value = serde_json::from_str(&found.stdout).expect("it is JSON");
    let rules = |file: usize| -> Vec<String> {
        let findings = json["files"][file]["findings"]
            .as_array()
            .expect("there are some");
        findings
            .iter()
            .map(|finding| finding["rule"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(rules(0), ["blocking-index-build", "missing-lock-timeout"]);
    assert_eq!(rules(1), ["missing-lock-timeout", "validate-in-same-transaction"]);
    let one = folder(&[("a.sql", "CREATE INDEX CONCURRENTLY a ON orders (total);")]);
    lint(&one, &["a.sql"]).await.expect(0);
    lint(&one, &["a.sql", "--in-transaction"]).await.expect(4);
}

#[tokio::test]
async fn each_format_is_what_its_readers_take() {
    let project = folder(&[(
        "a.sql",
        "ALTER TABLE orders\n  ADD CONSTRAINT \"c,d:%\" CHECK (total > 0);\n",
    )]);
    let sarif = lint(&project, &["a.sql", "--format", "sarif"])
        .await
        .expect(4)
        .stdout;
    let sarif: serde_json::Value = serde_json::from_str(&sarif).expect("it is JSON");
    assert_eq!(sarif["version"], "2.1.0");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(
        (&result["ruleId"], &result["level"]),
        (&"validated-check".into(), &"error".into())
    );
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a.sql");
    assert_eq!(place["region"]["startLine"], 1);
    let described = sarif["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .expect("they are");
    assert!(described.iter().any(|rule| rule["id"] == "validated-check"));

    let github = lint(&project, &["a.sql", "--format", "github"])
        .await
        .expect(4)
        .stdout;
    let line = github.lines().next().expect("there is one");
    assert!(
        line.starts_with("::error file=a.sql,line=1,endLine=1,col=1,endColumn=19,title=validated-check::"),
        "{line}"
    );
    assert!(line.contains("%0A") && line.contains("c,d:%25"), "{line}");

    let gitlab = lint(&project, &["a.sql", "--format", "gitlab"])
        .await
        .expect(4)
        .stdout;
    let gitlab: serde_json::Value = serde_json::from_str(&gitlab).expect("it is JSON");
    assert_eq!(gitlab[0]["severity"], "critical");
    assert_eq!(gitlab[0]["location"]["lines"]["begin"], 1);
    assert_ne!(gitlab[0]["fingerprint"], gitlab[1]["fingerprint"]);

    let junit = lint(&project, &["a.sql", "--format", "junit"])
        .await
        .expect(4)
        .stdout;
    assert!(junit.contains("tests=\"1\" failures=\"1\""), "{junit}");
    assert!(junit.contains("<failure type=\"validated-check\""), "{junit}");
    assert!(!junit.contains("> 0"), "{junit}");
}

#[tokio::test]
async fn only_what_a_branch_changes_is_told_and_the_rest_is_known() {
    let old = "CREATE TABLE events (at date NOT NULL) PARTITION BY RANGE (at);\nCREATE INDEX i ON orders (total);\n";
    let project = folder(&[("windlass.toml", ""), ("migrations/0001_a.sql", old)]);
    let root = project.path();
    git(root, &["init", "-q", "-b", "main"]).await;
    git(root, &["add", "."]).await;
    git(root, &["commit", "-q", "-m", "a"]).await;
    git(root, &["checkout", "-q", "-b", "topic"]).await;
    let new = "CREATE INDEX CONCURRENTLY events_at ON events (at);\n";
    fs::write(root.join("migrations/0002_b.sql"), new).expect("it can be written");
    let since = lint(&project, &["--since", "main", "--format", "json"])
        .await
        .expect(4);
    let json: serde_json::Value = serde_json::from_str(&since.stdout).expect("it is JSON");
    assert_eq!(json["files"].as_array().map(Vec::len), Some(1), "{json}");
    assert_eq!(json["files"][0]["path"], "migrations/0002_b.sql");
    assert_eq!(
        json["files"][0]["findings"][0]["rule"],
        "concurrent-index-on-partitioned"
    );
    git(root, &["add", "."]).await;
    git(root, &["commit", "-q", "-m", "b"]).await;
    lint(&project, &["--since", "main"]).await.expect(4);
    lint(&project, &["--since", "HEAD"]).await.expect(0);
    let unknown = lint(&project, &["--since", "nowhere"]).await.expect(2);
    assert!(unknown.stderr.contains("nowhere"), "{}", unknown.stderr);
}

#[tokio::test]
async fn a_database_tells_large_tables_from_small_ones() {
    let project = Project::new(&[]).await;
    project
        .database
        .execute(
            "CREATE TABLE small (a int); CREATE TABLE large (a int, b text);
             INSERT INTO large SELECT n, repeat('x', 1000) FROM generate_series(1, 12000) n; ANALYZE large",
        )
        .await;
    project.write(
        "0001_a",
        "-- windlass: after base\nCREATE INDEX s ON small (a);\nCREATE INDEX l ON large (a);\n",
    );
    let blind = project.windlass(&["lint"]).run().await.expect(4);
    assert!(blind.stdout.contains("2 errors"), "{}", blind.stdout);
    let seeing = project.windlass(&["lint", "--database"]).run().await.expect(4);
    assert!(seeing.stdout.contains("1 error,"), "{}", seeing.stdout);
    assert!(
        seeing.stdout.contains("large (about 12000 rows, 1"),
        "{}",
        seeing.stdout
    );
}
