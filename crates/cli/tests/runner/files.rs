//! Files and graph from outside: late, edited, missing and foreign revisions, bad input.

use crate::project::{AT_GATE, Ended, Gate, Project};

const A: (&str, &str) = ("0001_a", "CREATE TABLE a (x int);");
const C: (&str, &str) = ("0003_c", "CREATE TABLE c (x int);");

#[tokio::test]
async fn a_late_revision_is_refused_until_it_is_allowed_by_name() {
    let project = Project::new(&[A, C]).await;
    project.upgrade(0).await;
    project.write("0002_b", "CREATE TABLE b (x int);");
    let finished = project.upgrade(4).await;
    assert!(
        finished.stderr.contains("0002_b came late"),
        "{}",
        finished.stderr
    );
    project
        .windlass(&["upgrade", "--allow-late", "0002_b"])
        .run()
        .await
        .expect(0);
    assert_eq!(project.applied().await, ["0001_a", "0003_c", "0002_b"]);
}

#[tokio::test]
async fn an_edited_applied_revision_is_told_and_accepted_only_by_command() {
    let project = Project::new(&[A]).await;
    project.upgrade(0).await;
    project.write("0001_a", "-- windlass: label first\nCREATE TABLE a (x int);");
    project.upgrade(0).await;
    project.write("0001_a", "CREATE TABLE a (x bigint);");
    let finished = project.upgrade(6).await;
    assert!(
        finished.stderr.contains("windlass resolve 0001_a --accept-edit"),
        "{}",
        finished.stderr
    );
    project
        .windlass(&["resolve", "0001_a", "--accept-edit"])
        .run()
        .await
        .expect(0);
    project.upgrade(0).await;
}

#[tokio::test]
async fn an_edit_of_an_applied_revision_is_told_by_the_statement_that_changed() {
    let a = "CREATE TABLE a (x int);\n\nCREATE INDEX a_x ON a (x);\nINSERT INTO a VALUES (1);\n";
    // A safe form stands for what its author wrote.
    let b = "ALTER TABLE a ADD CHECK (x > 0);\nINSERT INTO a VALUES (2);\n";
    let project = Project::new(&[("0001_a", a)]).await;
    project.upgrade(0).await;
    project
        .database
        .execute("INSERT INTO a SELECT generate_series(1, 20000); ANALYZE a")
        .await;
    project.write("0002_b", b);
    project.upgrade(0).await;
    let parts = "SELECT count(*) > 1 FROM windlass.step WHERE revision_id = '0002_b'";
    assert_eq!(project.one(parts).await, "t", "it ran in its safe form");
    for (id, text, told) in [
        (
            "0001_a",
            a.replace(";\nINSERT", ";\n\n-- one\nINSERT"),
            "its statements are the same: white space or comments",
        ),
        (
            "0001_a",
            a.replace("(1)", "(7)"),
            "ran: INSERT INTO a VALUES (1)\n  hint: now: line 4: INSERT INTO a VALUES (7)",
        ),
        (
            "0001_a",
            a.replace("CREATE INDEX a_x ON a (x);\n", ""),
            "ran: CREATE INDEX a_x ON a (x)\n  hint: now: nothing",
        ),
        (
            "0001_a",
            format!("{a}SELECT 1;\n"),
            "ran: nothing\n  hint: now: line 5: SELECT 1",
        ),
        (
            "0002_b",
            b.replace("(2)", "(3)"),
            "ran: INSERT INTO a VALUES (2)\n  hint: now: line 2: INSERT INTO a VALUES (3)",
        ),
        (
            "0002_b",
            b.replace("> 0", ">= 0"),
            "now: line 1: ALTER TABLE a ADD CHECK (x >= 0)",
        ),
    ] {
        project.write(id, &text);
        let finished = project.upgrade(6).await;
        assert!(finished.stderr.contains(told), "{told}: {}", finished.stderr);
        project.write("0001_a", a);
        project.write("0002_b", b);
        project.upgrade(0).await;
    }
}

#[tokio::test]
async fn an_older_image_over_a_newer_database_is_a_warning() {
    let project = Project::new(&[A, C]).await;
    project.upgrade(0).await;
    project.remove("0003_c");
    let finished = project.upgrade(0).await;
    assert!(
        finished.stderr.contains("the database is ahead"),
        "{}",
        finished.stderr
    );
    let current = project.windlass(&["current"]).run().await.expect(0);
    assert_eq!(
        current.stdout, "0003_c\n",
        "one place, which the files do not know"
    );
    project.windlass(&["upgrade", "--strict"]).run().await.expect(6);
    project.write("0002_other", "CREATE TABLE other (x int);");
    let finished = project.upgrade(6).await;
    assert!(
        finished
            .stderr
            .contains("revisions that this directory does not know: 0003_c"),
        "{}",
        finished.stderr
    );
}

#[tokio::test]
async fn status_is_at_the_end_of_each_branch() {
    let project = Project::new(&[
        A,
        ("0002_b", "-- windlass: after 0001_a\nCREATE TABLE b (x int);"),
        ("0003_c", "-- windlass: after 0001_a\nCREATE TABLE c (x int);"),
    ])
    .await;
    project.windlass(&["upgrade", "heads"]).run().await.expect(0);
    let status = project.windlass(&["status"]).run().await.expect(0);
    assert!(
        status.stdout.starts_with("at 0002_b, 0003_c (3 applied)\n"),
        "{}",
        status.stdout
    );
    let status = project.windlass(&["status", "--json"]).run().await.expect(0);
    let status: serde_json::Value = serde_json::from_str(&status.stdout).expect("it is JSON");
    assert_eq!(status["at"], serde_json::json!(["0002_b", "0003_c"]), "{status}");
    assert_eq!(status["current"], "0003_c", "{status}");
}

#[tokio::test]
async fn a_stamp_of_many_revisions_keeps_their_order() {
    let names: Vec<String> = (1..=300).map(|number| format!("{number:04}_r")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "SELECT 1;")).collect();
    let project = Project::new(&files).await;
    for (target, count) in [("0100", 100), ("head", 300), ("0200", 200), ("base", 0)] {
        project.windlass(&["stamp", target]).run().await.expect(0);
        assert_eq!(project.applied().await, names[..count], "{target}");
    }
    let noted = "SELECT string_agg(action || ' ' || count, ', ' ORDER BY action) \
                 FROM (SELECT action, count(*) FROM windlass.history GROUP BY 1) AS each";
    assert_eq!(project.one(noted).await, "stamped 300, unstamped 300");
}

#[tokio::test]
async fn a_copy_to_nobody_is_told_before_anything_runs() {
    let project = Project::new(&[A, ("0002_b", "CREATE TABLE b (x int);\ncopy b (x) to stdout;\n")]).await;
    let finished = project.upgrade(2).await;
    for told in ["COPY … TO STDOUT in a revision", "0002_b.sql:2:1"] {
        assert!(finished.stderr.contains(told), "{}", finished.stderr);
    }
}

#[tokio::test]
async fn letters_that_nobody_can_tell_from_others_are_named() {
    let project = Project::new(&[A]).await;
    for (text, told) in [
        (
            "SELECT 1;\n\u{feff}CREATE TABLE b (x int);",
            "U+FEFF stands in it, a byte order mark",
        ),
        (
            "CREATE\u{a0}TABLE b (x int);",
            "U+00A0 stands in it, which looks like a space",
        ),
        (
            "CREATE TABLE ‘a b’ (x int);",
            "U+2019 stands in it, which looks like a quotation mark",
        ),
    ] {
        project.write("0002_b", text);
        let finished = project.upgrade(2).await;
        assert!(finished.stderr.contains(told), "{told}: {}", finished.stderr);
    }
}

#[tokio::test]
async fn bad_input_is_told_with_its_place_before_anything_runs() {
    let project = Project::new(&[A, ("0002_b", "CREATE TABLE b (x int);\nCREATE TABL c (y int);\n")]).await;
    let finished = project.upgrade(2).await;
    assert!(
        finished.stderr.contains("migrations/0002_b.sql:2:8"),
        "{}",
        finished.stderr
    );
    assert_eq!(
        project.one("SELECT to_regclass('a')").await,
        "NULL",
        "nothing ran"
    );
    project.write("0002_b", "BEGIN;\nCREATE TABLE b (x int);\nCOMMIT;");
    let finished = project.upgrade(2).await;
    assert!(
        finished.stderr.contains("BEGIN in a revision"),
        "{}",
        finished.stderr
    );
}

#[tokio::test]
async fn a_refusal_by_the_server_is_told_with_its_place_and_the_way_on() {
    let project = Project::new(&[(
        "0001_t",
        "CREATE TABLE t (a int);\n\n  CREATE VIEW v AS\n  SELECT a, missing FROM t;",
    )])
    .await;
    let refused = project.windlass(&["upgrade", "--json"]).run().await.expect(1);
    for told in [
        "0001_t step 1 of 1: line 4, column 13: CREATE VIEW v AS SELECT a, missing FROM t",
        "correct 0001_t and run the same command again",
    ] {
        assert!(refused.stderr.contains(told), "{}", refused.stderr);
    }
    let answer: serde_json::Value = serde_json::from_str(&refused.stdout).expect("it is JSON");
    let error = &answer["error"];
    assert_eq!(error["sqlstate"], "42703", "{answer}");
    assert_eq!(
        (&error["revision"], &error["step"]),
        (&"0001_t".into(), &1.into()),
        "{answer}"
    );
    project.write("0001_t", "CREATE TABLE t (a int)\nnonsense");
    let refused = project.windlass(&["upgrade", "--json"]).run().await.expect(2);
    let answer: serde_json::Value = serde_json::from_str(&refused.stdout).expect("it is JSON");
    let problem = &answer["error"]["problems"][0];
    assert_eq!(
        (&problem["line"], &problem["column"]),
        (&2.into(), &1.into()),
        "{answer}"
    );
}

#[tokio::test]
async fn folders_of_sql_that_would_not_be_run_are_told() {
    let project = Project::new(&[("0001_t", "CREATE TABLE t (a int);")]).await;
    let below = |folder: &str| {
        let folder = project.migrations().join(folder);
        std::fs::create_dir(&folder).expect("there is room");
        std::fs::write(folder.join("0002_lost.sql"), "CREATE TABLE lost (a int);").expect("there is room");
    };
    below("2026");
    let warned = project.upgrade(0).await;
    let told = "2026: folders in the directory of revisions are not read";
    assert!(warned.stderr.contains(told), "{}", warned.stderr);
    below("repeatable");
    let refused = project.upgrade(2).await;
    let told = "repeatable: this folder's name is reserved";
    assert!(refused.stderr.contains(told), "{}", refused.stderr);
}

#[tokio::test]
async fn a_mistyped_revision_gets_a_suggestion() {
    let project = Project::new(&[A]).await;
    let finished = project.windlass(&["upgrade", "0001_b"]).run().await.expect(2);
    assert!(
        finished.stderr.contains("did you mean `0001_a`?"),
        "{}",
        finished.stderr
    );
    let finished = project.windlass(&["upgrad"]).run().await.expect(2);
    assert!(finished.stderr.contains("upgrade"), "{}", finished.stderr);
}

#[tokio::test]
async fn a_revision_of_comments_only_is_applied() {
    let project = Project::new(&[("0001_a", "-- nothing to do here\n")]).await;
    project.upgrade(0).await;
    assert_eq!(project.applied().await, ["0001_a"]);
}

#[tokio::test]
async fn an_empty_directory_is_nothing_to_do_and_a_missing_one_an_error() {
    let project = Project::new(&[]).await;
    let finished = project.upgrade(0).await;
    assert!(finished.stderr.contains("nothing to do"), "{}", finished.stderr);
    std::fs::remove_dir(project.migrations()).expect("it is empty");
    let finished = project.upgrade(2).await;
    assert!(
        finished.stderr.contains("`windlass init` makes one"),
        "{}",
        finished.stderr
    );
}

#[tokio::test]
async fn init_and_revision_write_what_upgrade_reads() {
    let project = Project::new(&[]).await;
    project.windlass(&["init"]).run().await.expect(0);
    let made = project
        .windlass(&["revision", "-m", "Add phone!", "--down"])
        .run()
        .await
        .expect(0);
    assert!(made.stdout.contains("0001_add_phone.sql"), "{}", made.stdout);
    project
        .windlass(&["revision", "-m", "second"])
        .run()
        .await
        .expect(0);
    let text =
        std::fs::read_to_string(project.folder().join("migrations/0002_second.sql")).expect("it was written");
    assert_eq!(text, "-- windlass: after 0001_add_phone\n\n");
    project.upgrade(0).await;
    let current = project.windlass(&["current"]).run().await.expect(0);
    assert_eq!(current.stdout, "0002_second\n");
}

#[tokio::test]
async fn a_downgrade_needs_a_way_back_and_leave_to_lose() {
    let project = Project::new(&[A, C]).await;
    project.upgrade(0).await;
    let finished = project.windlass(&["downgrade", "-1"]).run().await.expect(4);
    assert!(
        finished.stderr.contains("0003_c has no down script"),
        "{}",
        finished.stderr
    );
    project.write("0003_c.down", "DROP TABLE c;");
    let finished = project.windlass(&["downgrade", "-1"]).run().await.expect(4);
    assert!(
        finished.stderr.contains("0003_c: DROP TABLE c"),
        "{}",
        finished.stderr
    );
    project
        .windlass(&["downgrade", "-1", "--allow-data-loss"])
        .run()
        .await
        .expect(0);
    assert_eq!(project.applied().await, ["0001_a"]);
    project.upgrade(0).await;
    project.write(
        "0003_c",
        "-- windlass: irreversible because it was a long day\nCREATE TABLE c (x int);",
    );
    let finished = project
        .windlass(&["downgrade", "base", "--allow-data-loss"])
        .run()
        .await
        .expect(4);
    assert!(
        finished
            .stderr
            .contains("0003_c is irreversible: it was a long day"),
        "{}",
        finished.stderr
    );
}

#[tokio::test]
async fn init_does_not_pass_over_tables_that_are_to_be_protected() {
    let project = Project::new(&[]).await;
    let init = |tables| project.windlass(&["init", "--protect", tables]).run();
    init("leads").await.expect(0);
    let refused = init("faqs").await.expect(2);
    assert!(
        refused.stderr.contains("the tables are not protected")
            && refused.stderr.contains("protect = [\"faqs\"]"),
        "{}",
        refused.stderr
    );
    let written = std::fs::read_to_string(project.folder().join("windlass.toml")).expect("it was made");
    assert!(written.contains("protect = [\"leads\"]"), "{written}");
}

#[tokio::test]
async fn no_revisions_back_or_on_is_where_the_database_is() {
    let down = ("0001_a.down", "DROP TABLE a;");
    let project = Project::new(&[A, down, C, ("0003_c.down", "DROP TABLE c;")]).await;
    project.upgrade(0).await;
    for asked in [
        &["downgrade", "-0", "--allow-data-loss"][..],
        &["downgrade", "+0", "--allow-data-loss"],
        &["stamp", "+0"],
        &["stamp", "--", "-0"],
        &["upgrade", "+0"],
    ] {
        project.windlass(asked).run().await.expect(0);
        assert_eq!(project.applied().await, ["0001_a", "0003_c"], "{asked:?}");
    }
    assert_eq!(project.one("SELECT to_regclass('a')").await, "a");
    let wrong_way = project.windlass(&["downgrade", "+1"]).run().await.expect(2);
    assert!(
        wrong_way.stderr.contains("windlass downgrade -1"),
        "{}",
        wrong_way.stderr
    );
    let wrong_way = project.windlass(&["upgrade", "--", "-1"]).run().await.expect(2);
    assert!(
        wrong_way.stderr.contains("windlass downgrade -1"),
        "{}",
        wrong_way.stderr
    );
}

#[tokio::test]
async fn the_same_redo_again_applies_what_the_first_reverted() {
    let project = Project::new(&[
        ("0001_t", "CREATE TABLE t (a int);"),
        ("0001_t.down", "DROP TABLE t;"),
        ("0002_u", "CREATE TABLE u (a int);"),
        (
            "0002_u.down",
            "DROP TABLE u; CREATE VIEW u AS SELECT 1 AS in_the_way;",
        ),
    ])
    .await;
    project.upgrade(0).await;
    let redo = || project.windlass(&["redo", "--allow-data-loss"]).run();

    let failed = redo().await.expect(1);
    assert!(failed.stderr.contains("already exists"), "{}", failed.stderr);
    let again = redo().await.expect(1);
    assert!(
        again.stderr.contains("0002_u was reverted by a redo"),
        "{}",
        again.stderr
    );
    assert_eq!(project.applied().await, ["0001_t"]);

    project.database.execute("DROP VIEW u").await;
    redo().await.expect(0);
    let both =
        "SELECT string_agg(revision_id, ' ' ORDER BY 1) FROM windlass.revision WHERE state = 'applied'";
    assert_eq!(project.one(both).await, "0001_t 0002_u");
    // One that came to its end reverts again.
    let reverts = redo().await.expect(1);
    assert!(reverts.stderr.contains("0002_u: reverted"), "{}", reverts.stderr);
    assert_eq!(project.applied().await, ["0001_t"]);
}

#[tokio::test]
async fn the_same_downgrade_again_finishes_what_is_half_way_and_reverts_no_more() {
    let project = Project::new(&[A, ("0001_a.down", "DROP TABLE a;"), C]).await;
    project.write(
        "0003_c.down",
        "CREATE INDEX CONCURRENTLY a_x ON a (x);\nSELECT 1 / 0;",
    );
    project.upgrade(0).await;
    let again = ["downgrade", "-1", "--allow-data-loss"];
    let stopped = project.windlass(&again).run().await.expect(1);
    assert!(
        stopped.stderr.contains("windlass downgrade 0001_a"),
        "{}",
        stopped.stderr
    );
    let status = project.windlass(&["status"]).run().await.expect(0);
    assert!(
        status
            .stdout
            .contains("half-way reverted: 0003_c (running); `windlass downgrade -1` goes on with it"),
        "{}",
        status.stdout
    );
    let status = project.windlass(&["status", "--json"]).run().await.expect(0);
    let status: serde_json::Value = serde_json::from_str(&status.stdout).expect("it is JSON");
    assert_eq!(status["reverting"], serde_json::json!(["0003_c"]), "{status}");
    assert_eq!(status["at"], serde_json::json!(["0001_a"]), "{status}");
    project.write(
        "0003_c.down",
        "CREATE INDEX CONCURRENTLY a_x ON a (x);\nDROP TABLE c;",
    );
    project.windlass(&again).run().await.expect(0);
    assert_eq!(project.applied().await, ["0001_a"]);
    assert_eq!(project.one("SELECT to_regclass('a')").await, "a");
    assert_eq!(project.one("SELECT to_regclass('c')").await, "NULL");
}

/// With its second revision at work, in a statement that is under way until the gate is opened.
async fn with_a_second_under_way() -> (Project, windlass_testkit::Child, Gate) {
    let slow = format!("{AT_GATE};\nCREATE TABLE b (x int);");
    let project = Project::new(&[A, ("0001_a.down", "SELECT 1;")]).await;
    project.upgrade(0).await;
    for (name, text) in [("0002_b", &*slow), ("0002_b.down", "SELECT 2;"), C] {
        project.write(name, text);
    }
    let gate = Gate::shut(&project).await;
    let upgrade = project.windlass(&["upgrade", "+1"]).spawn();
    gate.wait(&project).await;
    (project, upgrade, gate)
}

#[tokio::test]
async fn one_revision_on_is_one_however_many_runners_are_asked_for_it() {
    let (project, first, gate) = with_a_second_under_way().await;
    let mut second = project.windlass(&["upgrade", "+1"]).spawn();
    second.wait_for_output("another runner is at work").await;
    gate.open().await;
    first.finish().await.expect(0);
    let found = second.finish().await.expect(0);
    assert!(found.stderr.contains("nothing to do"), "{}", found.stderr);
    assert_eq!(project.applied().await, ["0001_a", "0002_b"]);
}

#[tokio::test]
async fn one_revision_back_is_not_one_that_was_applied_meanwhile() {
    let (project, first, gate) = with_a_second_under_way().await;
    let mut back = project.windlass(&["downgrade", "-1"]).spawn();
    back.wait_for_output("another runner is at work").await;
    gate.open().await;
    first.finish().await.expect(0);
    let refused = back.finish().await.expect(4);
    assert!(
        refused
            .stderr
            .contains("0002_b was applied meanwhile, and would be reverted too"),
        "{}",
        refused.stderr
    );
    assert_eq!(project.applied().await, ["0001_a", "0002_b"]);
}

#[tokio::test]
async fn what_joins_branches_can_be_undone_without_a_down_script() {
    let left = ("0002_b", "-- windlass: after 0001_a\nCREATE TABLE b (x int);");
    let right = ("0003_c", "-- windlass: after 0001_a\nCREATE TABLE c (x int);");
    let project = Project::new(&[A, left, right, ("0003_c.down", "DROP TABLE c;")]).await;
    project.windlass(&["merge"]).run().await.expect(0);
    project.upgrade(0).await;
    assert_eq!(project.applied().await.len(), 4);
    project.windlass(&["downgrade", "-1"]).run().await.expect(0);
    assert_eq!(project.applied().await, ["0001_a", "0002_b", "0003_c"]);
    project.upgrade(0).await;
    project
        .windlass(&["downgrade", "0002_b", "--allow-data-loss"])
        .run()
        .await
        .expect(0);
    assert_eq!(project.applied().await, ["0001_a", "0002_b"]);
    assert_eq!(project.one("SELECT to_regclass('c')").await, "NULL");
}

#[tokio::test]
async fn a_stamp_marks_without_running() {
    let project = Project::new(&[A, C]).await;
    project.windlass(&["stamp", "0001_a"]).run().await.expect(0);
    assert_eq!(project.one("SELECT to_regclass('a')").await, "NULL");
    project.upgrade(0).await;
    assert_eq!(project.one("SELECT to_regclass('c')").await, "c");
    project.windlass(&["stamp", "base"]).run().await.expect(0);
    assert_eq!(project.applied().await.len(), 0);
}

#[tokio::test]
async fn checkpoint_lines_keep_their_shape() {
    let project = Project::new(&[A]).await;
    // With a budget that is not over on a busy machine, which would be told on lines between these.
    let finished = project
        .windlass(&["upgrade", "--set", "stall_budget=60s"])
        .run()
        .await
        .expect(0);
    let lines: Vec<&str> = finished
        .stderr
        .lines()
        .filter_map(|line| line.split_once(" WINDLASS CHECKPOINT: ").map(|(_, text)| text))
        .filter(|text| !text.starts_with("database "))
        .map(|text| text.split(" in ").next().unwrap_or(text))
        .collect();
    assert_eq!(
        lines,
        [
            "created the journal (schema windlass)",
            "1 revision to apply",
            "0001_a: starting, 1 step",
            "0001_a step 1/1: ddl lane: CREATE TABLE a (x int)",
            "0001_a step 1/1: done",
            "✅ 0001_a: applied",
            "✅ SUCCESS: applied 1 revision",
        ]
    );
}

const SQUASH: (&str, &str) = (
    "0003_both",
    "-- windlass: after base\n-- windlass: replaces 0001_a 0002_b\nCREATE TABLE a (x int);\nCREATE TABLE b (x int);",
);
const PARTS: [(&str, &str); 2] = [
    A,
    ("0002_b", "-- windlass: after 0001_a\nCREATE TABLE b (x int);"),
];
const NEXT: (&str, &str) = ("0004_c", "-- windlass: after 0002_b\nCREATE TABLE c (x int);");

#[tokio::test]
async fn a_squash_runs_instead_of_what_it_replaces_where_nothing_of_it_has_run() {
    let project = Project::new(&[PARTS[0], PARTS[1], SQUASH, NEXT]).await;
    project.upgrade(0).await;
    assert_eq!(project.applied().await, ["0003_both", "0004_c"]);
    assert!(project.upgrade(0).await.stderr.contains("nothing to do"));
}

#[tokio::test]
async fn a_squash_counts_as_applied_where_all_that_it_replaces_is() {
    let project = Project::new(&[PARTS[0]]).await;
    project.upgrade(0).await;
    for (name, text) in [PARTS[1], SQUASH, NEXT] {
        project.write(name, text);
    }
    project.upgrade(0).await;
    assert_eq!(project.applied().await, ["0001_a", "0002_b", "0004_c"]);
    project.remove("0001_a");
    project.remove("0002_b");
    assert!(project.upgrade(0).await.stderr.contains("nothing to do"));
}

#[tokio::test]
async fn a_squash_over_a_half_applied_past_names_what_is_missing() {
    let project = Project::new(&[PARTS[0]]).await;
    project.upgrade(0).await;
    project.remove("0001_a");
    project.write(SQUASH.0, SQUASH.1);
    let finished = project.upgrade(6).await;
    assert!(
        finished
            .stderr
            .contains("0002_b is neither applied nor in this directory"),
        "{}",
        finished.stderr
    );
}

#[tokio::test]
async fn a_squash_that_is_written_gives_the_same_database_as_what_it_replaces() {
    let revisions = [
        A,
        (
            "0002_b",
            "CREATE TABLE b (x int);\nINSERT INTO b VALUES (1);\nCREATE INDEX CONCURRENTLY b_x ON b (x)",
        ),
        ("0003_c", "ALTER TABLE b ADD y text DEFAULT 'y';"),
        ("0004_d", "-- windlass: after 0003_c\nCREATE TABLE d (x int);"),
    ];
    let state = "SELECT string_agg(x || y, ',') || ' ' || (SELECT string_agg(relname, ',' ORDER BY relname) \
                 FROM pg_class WHERE relnamespace = 'public'::regnamespace) FROM b";
    let long = Project::new(&revisions).await;
    long.upgrade(0).await;
    let expected = long.database.query_one_text(state).await;
    // The files stay: what has run all of them has nothing to do, another runs the squash instead.
    let made = long.windlass(&["squash", "0001..0003"]).run().await.expect(0);
    assert!(
        made.stdout.contains("0005_squash_0001_0003.sql"),
        "{}",
        made.stdout
    );
    assert!(made.stderr.contains("0002_b.sql"), "{}", made.stderr);
    assert!(long.upgrade(0).await.stderr.contains("nothing to do"));

    let fresh = Project::new(&revisions).await;
    fresh
        .windlass(&["squash", "..0003", "--move", "old", "-m", "first year"])
        .run()
        .await
        .expect(0);
    assert!(fresh.folder().join("old/0002_b.sql").is_file());
    fresh.upgrade(0).await;
    assert_eq!(fresh.applied().await, ["0003_first_year", "0004_d"]);
    assert_eq!(fresh.database.query_one_text(state).await, expected);
    let again = fresh.windlass(&["squash", "0003..0004"]).run().await.expect(2);
    assert!(again.stderr.contains("is a squash itself"), "{}", again.stderr);
}

#[tokio::test]
async fn a_file_that_is_taken_out_of_the_middle_is_missed() {
    let project = Project::new(&[
        ("0001_a", "CREATE TABLE a (i int);"),
        ("0002_b", "-- windlass: after 0001_a\nCREATE TABLE b (i int);"),
        ("0003_c", "-- windlass: after 0002_b\nCREATE TABLE c (i int);"),
    ])
    .await;
    project.upgrade(0).await;
    project.remove("0002_b");
    let missing = project.upgrade(2).await;
    assert!(
        missing
            .stderr
            .contains("0003_c follows 0002_b, which does not exist")
            && missing.stderr.contains("put it back")
            && !missing.stderr.contains("did you mean"),
        "{}",
        missing.stderr
    );
    // An older image lacks one of the middle as well, where that had arrived late: it starts, and says what it lacks.
    project.write("0003_c", "CREATE TABLE c (i int);");
    let ahead = project.upgrade(0).await;
    assert!(ahead.stderr.contains("0002_b"), "{}", ahead.stderr);
}
