//! `kill -9` at every point: a proxy freezes the runner before its n-th message, the runner is killed, the server sees
//! its end, and the next run must end where an undisturbed one does: in schema, data and journal.
//!
//! A point is a message that makes the server act, so every journal write, every statement of a script and every COMMIT
//! is killed at once before and once behind. The full suite (`WINDLASS_TEST_FULL`) takes all messages.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::task::JoinSet;
use windlass_testkit::{Database, Message, Proxy};

use crate::project::{Ended, Project, is_full};
use crate::state::state;

/// Connections whose messages come when the clock says so.
const WATCH: &str = "windlass watch";

/// What is killed, and what was there before it.
struct Scene {
    /// Revisions that are applied before.
    before: &'static [(&'static str, &'static str)],
    /// Revisions that are written behind that.
    new: &'static [(&'static str, &'static str)],
    /// What is killed, and then run again to its end.
    command: &'static [&'static str],
}

const TABLE: (&str, &str) = (
    "0001_t",
    "CREATE TABLE t (id int PRIMARY KEY, a int);\nINSERT INTO t SELECT g, g FROM generate_series(1, 50) g;",
);

const UPGRADE: &[&str] = &["upgrade"];

impl Scene {
    fn upgrade(new: &'static [(&'static str, &'static str)]) -> Self {
        Self {
            before: &[TABLE],
            new,
            command: UPGRADE,
        }
    }
}

/// Kills at each point in turn.
async fn kill_everywhere(scene: Scene) {
    let project = Project::new(scene.before).await;
    if !scene.before.is_empty() {
        project.upgrade(0).await;
    }
    for (name, text) in scene.new {
        project.write(name, text);
    }
    let stage = Arc::new(Stage { project, scene });

    let calm = stage.database("calm").await;
    let proxy = Proxy::start(&calm.url()).await;
    stage.run(proxy.url(), stage.scene.command).await.expect(0);
    let expected = Arc::new(state(&calm).await);
    let said: Vec<Message> = proxy
        .messages()
        .into_iter()
        .filter(|message| message.application != WATCH)
        .collect();
    let points: Vec<usize> = points(&said);
    eprintln!("{} of {} points", points.len(), said.len());
    for p in &points {
        eprintln!("{p} {:?}", said[p - 1]);
    }
    assert!(points.len() > 4, "only {} points: {said:#?}", points.len());

    const AT_ONCE: usize = 4;
    let mut running = JoinSet::new();
    for number in points {
        if running.len() == AT_ONCE {
            running
                .join_next()
                .await
                .expect("there is one")
                .expect("it survives its kill");
        }
        running.spawn(Arc::clone(&stage).kill_at(number, Arc::clone(&expected)));
    }
    while let Some(ended) = running.join_next().await {
        ended.expect("it survives its kill");
    }
}

/// The messages to freeze before, from 1: all in the full suite; else those that can change something and those behind
/// them, each text where it is said first and where it is said last.
fn points(said: &[Message]) -> Vec<usize> {
    let changes = |message: &Message| {
        let sql = message.sql.as_str();
        let reads = [
            "--",
            "SELECT pg_catalog",
            "WITH target",
            "SHOW",
            "BEGIN",
            "SET ",
            "RESET",
            "SELECT 1 /",
        ];
        let reads_journal = sql.contains("FROM windlass.") && !sql.contains("WITH");
        !sql.is_empty() && !reads_journal && !reads.iter().any(|word| sql.starts_with(word))
    };
    if is_full() {
        return (1..=said.len()).collect();
    }
    let mut points = BTreeSet::new();
    for (at, message) in said.iter().enumerate().filter(|(_, message)| changes(message)) {
        let first = said.iter().position(|other| other == message);
        let last = said.iter().rposition(|other| other == message);
        if [first, last].contains(&Some(at)) {
            points.extend([at + 1, (at + 2).min(said.len())]);
        }
    }
    points.into_iter().collect()
}

struct Stage {
    project: Project,
    scene: Scene,
}

impl Stage {
    /// A database as it stands before the command.
    async fn database(&self, name: &str) -> Database {
        let template = self.project.database.name();
        let admin = self.project.server.database("postgres").await;
        admin
            .execute(&format!("CREATE DATABASE {name} TEMPLATE {template}"))
            .await;
        self.project.server.database(name).await
    }

    async fn run(&self, url: &str, command: &[&str]) -> windlass_testkit::Finished {
        self.project
            .windlass(command)
            .env("DATABASE_URL", url)
            .run()
            .await
    }

    async fn kill_at(self: Arc<Self>, number: usize, expected: Arc<Vec<String>>) {
        let database = self.database(&format!("killed_{number}")).await;
        let proxy = Proxy::start(&database.url()).await;
        proxy.freeze_before_message(number, WATCH);
        let mut runner = self
            .project
            .windlass(self.scene.command)
            .env("DATABASE_URL", proxy.url())
            .spawn();
        proxy.wait_until_fired().await;
        runner.kill9();
        runner.finish().await;
        proxy.hang_up();
        let frozen = proxy
            .messages()
            .into_iter()
            .rfind(|message| message.application != WATCH);

        let finished = self.run(&database.url(), self.scene.command).await;
        let killed = format!("killed before message {number}, {frozen:?}");
        assert_eq!(
            finished.code,
            Some(0),
            "{killed}\n{}\n{}",
            finished.stdout,
            finished.stderr
        );
        let found = state(&database).await;
        let missing: Vec<_> = expected.iter().filter(|fact| !found.contains(fact)).collect();
        let new: Vec<_> = found.iter().filter(|fact| !expected.contains(fact)).collect();
        assert!(
            found == *expected,
            "{killed}\nmissing: {missing:#?}\nnew: {new:#?}\n{}",
            finished.stderr
        );
    }
}

#[tokio::test]
async fn of_a_first_run_with_a_group_of_revisions() {
    kill_everywhere(Scene {
        before: &[],
        new: &[
            TABLE,
            ("0002_u", "CREATE TABLE u (a int); INSERT INTO u VALUES (1);"),
        ],
        command: UPGRADE,
    })
    .await;
}

#[tokio::test]
async fn of_transactions_in_several_steps() {
    kill_everywhere(Scene::upgrade(&[
        (
            "0002_c",
            "ALTER TABLE t ADD c int;\nUPDATE t SET c = a + 1;\nALTER TABLE t ALTER c SET DEFAULT 7;",
        ),
        (
            "0003_d",
            "COPY t (id, a) FROM stdin;\n100\t1\n101\t2\n\\.\nUPDATE t SET a = a * 2;",
        ),
        ("0004_nothing", "-- only words"),
    ]))
    .await;
}

#[tokio::test]
async fn of_data_changes_that_commit_one_by_one() {
    kill_everywhere(Scene::upgrade(&[(
        "0002_n",
        "-- windlass: no-transaction\nUPDATE t SET a = a * 2;\nINSERT INTO t VALUES (100, 0);\nDELETE FROM t WHERE id = 1;",
    )]))
    .await;
}

#[tokio::test]
async fn of_indexes_built_dropped_and_rebuilt_concurrently() {
    kill_everywhere(Scene::upgrade(&[(
        "0002_i",
        "CREATE INDEX CONCURRENTLY t_a ON t (a);\nREINDEX INDEX CONCURRENTLY t_a;\nREINDEX TABLE CONCURRENTLY t;\n\
         CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_b ON t (a, id);\nDROP INDEX CONCURRENTLY t_a;\nUPDATE t SET a = a + 1;",
    )]))
    .await;
}

#[tokio::test]
async fn of_a_partition_detached_concurrently() {
    kill_everywhere(Scene {
        before: &[(
            "0001_p",
            "CREATE TABLE p (a int) PARTITION BY LIST (a);\nCREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);\n\
             CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);\nINSERT INTO p VALUES (1), (2);",
        )],
        new: &[(
            "0002_d",
            "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;\nINSERT INTO p1 VALUES (1);",
        )],
        command: UPGRADE,
    })
    .await;
}

#[tokio::test]
async fn of_a_backfill_and_what_verifies_it() {
    kill_everywhere(Scene::upgrade(&[(
        "0002_b",
        "-- windlass: require : there are rows\nSELECT EXISTS (SELECT FROM t);\n\
         -- windlass: backfill b on t batch=20\nUPDATE t SET a = a * 3;\n\
         -- windlass: verify : all are multiples of three\nSELECT bool_and(a % 3 = 0) FROM t;",
    )]))
    .await;
}

#[tokio::test]
async fn of_settings_that_go_on_over_steps_and_of_utilities() {
    kill_everywhere(Scene::upgrade(&[(
        "0002_s",
        "SET my.word = 'kept';\nINSERT INTO t VALUES (100, length(current_setting('my.word')));\n\
         CREATE INDEX CONCURRENTLY t_a ON t (a);\nVACUUM t;\nINSERT INTO t VALUES (101, length(current_setting('my.word')));\n\
         CREATE TYPE e AS ENUM ('x');\nALTER TYPE e ADD VALUE 'y';\nALTER TABLE t ADD e e DEFAULT 'y';",
    )]))
    .await;
}

#[tokio::test]
async fn of_a_downgrade_in_several_steps() {
    kill_everywhere(Scene {
        before: &[
            TABLE,
            (
                "0002_c",
                "ALTER TABLE t ADD c int;\nCREATE INDEX CONCURRENTLY t_c ON t (c);",
            ),
            (
                "0002_c.down",
                "DROP INDEX CONCURRENTLY t_c;\nALTER TABLE t DROP c;\nDELETE FROM t WHERE id = 1;",
            ),
        ],
        new: &[],
        command: &["downgrade", "0001_t", "--allow-data-loss"],
    })
    .await;
}

#[tokio::test]
async fn of_stamps_and_of_an_edit_that_is_accepted() {
    kill_everywhere(Scene {
        before: &[TABLE],
        new: &[
            ("0002_c", "ALTER TABLE t ADD c int;"),
            ("0003_d", "ALTER TABLE t ADD d int;"),
        ],
        command: &["stamp", "head"],
    })
    .await;
    kill_everywhere(Scene {
        before: &[TABLE, ("0002_c", "ALTER TABLE t ADD c int;")],
        new: &[],
        command: &["stamp", "0001_t"],
    })
    .await;
    kill_everywhere(Scene {
        before: &[TABLE],
        new: &[("0001_t", "CREATE TABLE t (id int PRIMARY KEY, a int); -- edited")],
        command: &["resolve", "0001_t", "--accept-edit"],
    })
    .await;
}

#[tokio::test]
async fn a_killed_run_is_over_for_status_at_once_and_for_the_report_with_the_next_run() {
    let project = Project::new(&[("0001_s", "SELECT pg_sleep(0.5);")]).await;
    project.kill_upgrade_in("SELECT pg_sleep(0.5)").await;
    let leads = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
    project.database.wait_for(leads, |held| held == 0).await;
    let status = project.windlass(&["status"]).run().await.expect(0);
    assert!(!status.stdout.contains("running:"), "{}", status.stdout);
    project.upgrade(0).await;
    assert_eq!(
        project
            .database
            .query_column(
                "SELECT result || ' ' || (finished_at IS NOT NULL) FROM windlass.run ORDER BY started_at"
            )
            .await,
        ["interrupted true", "applied true"]
    );
    assert_eq!(project.one("SELECT count(*) FROM windlass.progress").await, "0");
}
