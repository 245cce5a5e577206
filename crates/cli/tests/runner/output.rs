//! What a run says, for people, for grep and for machines.

use serde_json::Value;
#[cfg(target_os = "linux")]
use windlass_testkit::Command;

use crate::project::{Ended, Project};

/// What begins a change of colour.
const COLOUR: &str = "\u{1b}[1m";

const BAD: (&str, &str) = ("0001_t", "CREATE TABLE t (a int);\nSELECT 1 / 0;");

#[tokio::test]
async fn a_terminal_gets_colours_and_nothing_else_does() {
    let project = Project::new(&[BAD]).await;
    let at_terminal = |variable: &str, value: &str| {
        project
            .windlass(&["upgrade"])
            .env("TERM", "xterm-256color")
            .env(variable, value)
            .at_terminal("")
            .run()
    };
    let plain = at_terminal("LANG", "C").await.expect(1);
    assert!(plain.stderr.contains(COLOUR), "{:?}", plain.stderr);
    let without = at_terminal("NO_COLOR", "1").await.expect(1);
    assert!(
        without.stderr.contains("error: 0001_t step 1 of 1"),
        "{:?}",
        without.stderr
    );
    assert!(!without.stderr.contains(COLOUR), "{:?}", without.stderr);
    let logged = project.windlass(&["upgrade"]).run().await.expect(1);
    assert!(!logged.stderr.contains('\u{1b}'), "{:?}", logged.stderr);
    assert!(
        logged.stderr.contains(" WINDLASS CHECKPOINT: "),
        "{}",
        logged.stderr
    );
    assert!(
        !plain.stderr.contains(" WINDLASS CHECKPOINT: "),
        "a person needs no timestamps: {}",
        plain.stderr
    );
}

#[tokio::test]
async fn each_line_of_a_json_log_is_an_object_with_its_event_and_time() {
    let project = Project::new(&[
        (
            "0001_t",
            "CREATE TABLE t (id int PRIMARY KEY, n int);\nINSERT INTO t SELECT generate_series(1, 50);",
        ),
        (
            "0002_all",
            "DO $$ BEGIN RAISE NOTICE 'hello'; END $$;\nCREATE INDEX CONCURRENTLY t_i ON t (id);\nVACUUM t;\n\
             -- windlass: backfill b on t batch=10\nUPDATE t SET n = 1 WHERE n IS NULL;",
        ),
        ("0003_bad", "SELECT 1 / 0;"),
    ])
    .await;
    let failed = project
        .windlass(&["upgrade", "--log", "json", "--json"])
        .run()
        .await
        .expect(1);
    let mut events = Vec::new();
    for line in failed.stderr.lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let name = event["event"]
            .as_str()
            .unwrap_or_else(|| panic!("no event: {line}"));
        assert!(event["at"].as_str().is_some_and(|at| at.ends_with('Z')), "{line}");
        events.push(name.to_owned());
    }
    for expected in [
        "connected",
        "journal_upgraded",
        "leading",
        "run_started",
        "revision_started",
        "step_started",
        "notice",
        "step_done",
        "backfill_started",
        "revision_done",
        "failed",
    ] {
        assert!(
            events.iter().any(|name| name == expected),
            "{expected} in {events:?}"
        );
    }
    let answer: Value = serde_json::from_str(&failed.stdout).expect("the answer is JSON as well");
    assert_eq!(answer["result"], "failed");
    assert_eq!(answer["revisions"], serde_json::json!(["0001_t", "0002_all"]));
    assert_eq!(answer["error"]["sqlstate"], "22012");
    // Quiet is quiet, but for what failed.
    let quiet = project.windlass(&["upgrade", "--quiet"]).run().await.expect(1);
    assert!(
        quiet.stderr.starts_with("error: 0003_bad step 1 of 1"),
        "{}",
        quiet.stderr
    );
}

#[tokio::test]
async fn a_mistake_on_the_command_line_is_a_line_of_the_json_log() {
    let project = Project::new(&[]).await;
    for (words, message, hint) in [
        (
            &["upgrade", "--no-wiat", "--log", "json"][..],
            "unexpected argument '--no-wiat' found",
            "a similar argument exists: '--no-wait'",
        ),
        (
            &["--log=json", "upgarde"],
            "unrecognized subcommand 'upgarde'",
            "some similar subcommands exist: 'up', 'upgrade'",
        ),
        (
            &["stamp", "--log", "json"],
            "the following required arguments were not provided: <TARGET>",
            "Usage: windlass stamp",
        ),
        (
            &["deploy", "--log", "json"],
            "'windlass deploy' requires a subcommand but one was not provided [subcommands: check, init, help]",
            "Usage: windlass deploy",
        ),
    ] {
        let failed = project.windlass(words).run().await.expect(2);
        assert_eq!(failed.stdout, "", "{words:?}");
        let line: Value = serde_json::from_str(&failed.stderr)
            .unwrap_or_else(|error| panic!("{words:?}: {error}: {}", failed.stderr));
        assert_eq!(line["event"], "failed", "{line}");
        assert_eq!(line["exit"], 2, "{line}");
        assert_eq!(line["message"], message, "{line}");
        assert!(
            line["hints"][0]
                .as_str()
                .is_some_and(|first| first.starts_with(hint)),
            "{line}"
        );
    }
    // What follows `--` is another program's.
    let failed = project
        .windlass(&["exec", "--no-wiat", "--", "x", "--log", "json"])
        .run()
        .await
        .expect(2);
    assert!(failed.stderr.starts_with("error: "), "{}", failed.stderr);
}

#[tokio::test]
async fn the_help_of_every_command_shows_how_it_is_used() {
    let project = Project::new(&[]).await;
    let mut without = Vec::new();
    for command in crate::project::commands().await {
        let help = project
            .windlass(&[&command, "--help"])
            .run()
            .await
            .expect(0)
            .stdout;
        if !help.contains("Example") {
            without.push(command);
        }
    }
    assert!(without.is_empty(), "no examples: {without:?}");
}

#[tokio::test]
async fn checkpoint_lines_of_trouble_keep_their_shape() {
    let project = Project::new(&[(
        "0001_t",
        "CREATE TABLE t (id int PRIMARY KEY, n int);\nINSERT INTO t SELECT g, 0 FROM generate_series(1, 5) g;\nCREATE SEQUENCE tries;\n\
         CREATE FUNCTION flaky(code text, times int) RETURNS void LANGUAGE plpgsql AS \
         'BEGIN IF nextval(''tries'') <= times THEN RAISE EXCEPTION USING MESSAGE = ''not now'', ERRCODE = code; END IF; END';",
    )])
    .await;
    project.upgrade(0).await;
    project.write("0002_r", "SELECT flaky('40001', 1);");
    project.write(
        "0003_i",
        "-- windlass: best-effort\nCREATE INDEX CONCURRENTLY t_i ON t (((id / 0)));",
    );
    project.write(
        "0004_b",
        "-- windlass: backfill b on t batch=5\nUPDATE t SET n = n + 10;",
    );
    project.write("0004_b.down", "UPDATE t SET n = n - 10;");
    let finished = project
        .windlass(&[
            "upgrade",
            "--set",
            "lane.dml.backoff=linear 50ms",
            "--set",
            "lane.index.attempts=1",
        ])
        .run()
        .await
        .expect(0);
    assert_in_order(
        &finished.stderr,
        &[
            "3 revisions to apply",
            "0002_r: starting, 1 step",
            "0002_r step 1/1: dml lane: SELECT flaky('40001', 1)",
            "0002_r step 1/1: attempt 1: the transaction could not be serialized; again",
            "0002_r step 1/1: done after 2 attempts",
            "✅ 0002_r: applied",
            "0003_i: starting, 1 step",
            "0003_i step 1/1: index lane: CREATE INDEX CONCURRENTLY t_i ON t (((id / 0)))",
            "0003_i step 1/1: dropped the invalid index public.t_i that an interrupted build left behind",
            "0003_i step 1/1: given up (best-effort): line 2: CREATE INDEX CONCURRENTLY t_i ON t (((id / 0))): division by zero",
            "✅ 0003_i: applied",
            "0004_b: starting, 1 step",
            "0004_b step 1/1: backfill lane: UPDATE t SET n = n + 10",
            "0004_b step 1/1: backfill: starting",
            "0004_b step 1/1: ✅ backfilled 5 rows in all",
            "0004_b step 1/1: done",
            "✅ 0004_b: applied",
            "✅ SUCCESS: applied 3 revisions",
        ],
    );
    let reverted = project
        .windlass(&["downgrade", "-1", "--allow-data-loss"])
        .run()
        .await
        .expect(0);
    assert_in_order(
        &reverted.stderr,
        &[
            "1 revision to revert",
            "0004_b: starting, 1 step",
            "0004_b step 1/1: dml lane: UPDATE t SET n = n - 10",
            "0004_b step 1/1: done",
            "✅ 0004_b: reverted",
            "✅ SUCCESS: reverted 1 revision",
        ],
    );
}

/// All of `expected` among the lines, in that order; on a busy machine lines about what takes long stand between.
#[track_caller]
fn assert_in_order(stderr: &str, expected: &[&str]) {
    let lines = shapes(stderr);
    let mut rest = lines.iter();
    for line in expected {
        assert!(
            rest.any(|found| found == line),
            "{line:?} is not in its place:\n{stderr}"
        );
    }
}

/// The checkpoint lines without times, counts of looks and the database's name.
fn shapes(stderr: &str) -> Vec<String> {
    let lines = stderr
        .lines()
        .filter_map(|line| line.split_once(" WINDLASS CHECKPOINT: ").map(|(_, text)| text));
    lines
        .filter(|text| !text.starts_with("database "))
        .map(|text| {
            let text = text.split("; again in ").collect::<Vec<_>>();
            let text = match text[..] {
                [before, _] => format!("{before}; again"),
                _ => text.concat(),
            };
            match text.split_once(" in ") {
                Some((before, behind)) if behind.starts_with(|letter: char| letter.is_ascii_digit()) => {
                    let after = behind.find(" after ").map_or("", |at| &behind[at..]);
                    format!("{before}{after}")
                }
                _ => text,
            }
        })
        .collect()
}

#[tokio::test]
async fn an_upgrade_is_read_as_every_other_command_line() {
    let project = Project::new(&[("0001_t", "CREATE TABLE t (a int);")]).await;
    for (args, code, said) in [
        (&["upgrade", "--help"][..], 0, "Examples:"),
        (&["up", "--version"], 0, "windlass"),
        (&["upgrade", "--no-wayt"], 2, "'--no-wait'"),
        (
            &["upgrade", "head", "one more"],
            2,
            "unexpected argument 'one more'",
        ),
        (
            &["upgrade", "--no-wait", "--wait-timeout", "1s"],
            2,
            "cannot be used with",
        ),
        (&["upgrade", "--dir", "nowhere"], 2, "nowhere"),
        (
            &["--quiet", "upgrade", "--set", "stall_budget=never"],
            2,
            "stall_budget",
        ),
        (
            &["migrate", "0001", "--log", "json"],
            0,
            "\"event\":\"run_started\"",
        ),
        (&["up"], 0, "nothing to do"),
    ] {
        let ended = project.windlass(args).run().await.expect(code);
        let all = ended.stdout + &ended.stderr;
        assert!(all.contains(said), "{args:?}: {all}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_output_that_takes_nothing_more_ends_with_a_sentence_and_a_log_ends_nothing() {
    let project = Project::new(&[("0001_a", "CREATE TABLE a (x int);")]).await;
    let piped = |line: &str| {
        Command::new("sh")
            .args(["-c", line, env!("CARGO_BIN_EXE_windlass")])
            .env("DATABASE_URL", project.database.url())
            .current_dir(project.folder())
    };
    // With a warning on its way, which a terminal's line would be as well.
    let warned = r#"exec "$0" --set stall_budget=60s upgrade --json 2> /dev/full"#;
    let finished = piped(warned).run().await.expect(0);
    assert!(finished.stdout.contains("\"applied\""), "{}", finished.stdout);
    for asked in ["status", "config --json", "--help", "completions bash"] {
        let finished = piped(&format!(r#"exec "$0" {asked} > /dev/full"#))
            .run()
            .await
            .expect(1);
        assert_eq!(
            finished.stderr,
            "error: failed to write to standard output: No space left on device (os error 28)\n",
            "{asked}"
        );
        let closed = format!(r#"{{ "$0" {asked}; echo "exit $?" >&2; }} | true"#);
        let finished = piped(&closed).run().await.expect(0);
        assert_eq!(finished.stderr, "exit 0\n", "{asked}");
    }
}
