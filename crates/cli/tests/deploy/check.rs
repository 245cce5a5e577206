//! `deploy check`: what it says and ends with, and what `--fix` leaves.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const EARLY: &str = "\
# The shop.
services:
  migrate:
    image: shop
    command: windlass upgrade
    restart: always        # so that it heals
    environment:
      DATABASE_URL: ${DATABASE_URL}

  api:
    image: shop
    environment:
      DATABASE_URL: ${DATABASE_URL}
    depends_on:
      - migrate
";

const MENDED: &str = "\
# The shop.
services:
  migrate:
    image: shop
    command: windlass upgrade
    restart: \"no\"        # so that it heals
    environment:
      DATABASE_URL: ${DATABASE_URL}

  api:
    image: shop
    environment:
      DATABASE_URL: ${DATABASE_URL}
    depends_on:
      migrate:
        condition: service_completed_successfully
";

fn folder(text: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::write(folder.path().join("compose.yaml"), text).expect("a file can be written");
    folder
}

/// `windlass deploy check …` in a folder.
fn check(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_windlass"))
        .current_dir(folder)
        .args(["deploy", "check"])
        .args(args)
        .output()
        .expect("the binary is there")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn what_is_wrong_is_shown_with_its_place_and_what_to_write() {
    let folder = folder(EARLY);
    let output = check(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(4));
    let text = stdout(&output);
    for part in [
        "--> compose.yaml:6:14",
        "[migrate-restarts]",
        "--> compose.yaml:15:9",
        "condition: service_completed_successfully",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
}

#[test]
fn the_fix_keeps_comments_and_order_and_is_shown() {
    let folder = folder(EARLY);
    let path = folder.path().join("compose.yaml");
    let output = check(folder.path(), &["--fix", "--dry-run"]);
    assert!(stdout(&output).contains(
        "-    restart: always        # so that it heals\n+    restart: \"no\"        # so that it heals\n"
    ));
    assert_eq!(fs::read_to_string(&path).expect("it is there"), EARLY);
    let output = check(folder.path(), &["--fix"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert_eq!(fs::read_to_string(&path).expect("it is there"), MENDED);
    assert_eq!(check(folder.path(), &[]).status.code(), Some(0));
}

#[test]
fn programs_read_findings_as_json() {
    let folder = folder(EARLY);
    let output = check(folder.path(), &["--json"]);
    let text = stdout(&output);
    for part in [
        "\"line\": 6",
        "\"column\": 14",
        "\"rule\": \"migrate-restarts\"",
        "\"fixable\": true",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
}

#[test]
fn the_exit_code_tells_warnings_errors_and_unreadable_files_apart() {
    let warned = folder(&MENDED.replace("restart: \"no\"", "restart: no"));
    assert_eq!(check(warned.path(), &[]).status.code(), Some(0));
    assert_eq!(check(warned.path(), &["--strict"]).status.code(), Some(4));
    let broken = folder("services: [\n");
    assert_eq!(check(broken.path(), &[]).status.code(), Some(2));
    let empty = tempfile::tempdir().expect("a folder can be made");
    assert_eq!(check(empty.path(), &[]).status.code(), Some(2));
    assert_eq!(check(empty.path(), &["nothing.yml"]).status.code(), Some(2));
}
