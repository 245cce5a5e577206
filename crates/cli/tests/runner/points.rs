//! A run that is interrupted at every point: a point is a message that makes the server act, so every journal write,
//! every statement of a script and every COMMIT is met once before and once behind. The next run must end where an
//! undisturbed one does: in schema, data and journal. The full suite (`WINDLASS_TEST_FULL`) takes all messages.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use windlass_testkit::{Child, Command, Database, Fault, Finished, Message, Proxy};

use crate::project::{Ended, Project, is_full};
use crate::state::state;

/// Connections whose messages come when the clock says so.
const WATCH: &str = "windlass watch";

/// What is interrupted, and what was there before it.
pub(crate) struct Scene {
    /// Revisions that are applied before.
    pub(crate) before: &'static [(&'static str, &'static str)],
    /// Revisions that are written behind that.
    pub(crate) new: &'static [(&'static str, &'static str)],
    /// What is interrupted, and then run again to its end.
    pub(crate) command: &'static [&'static str],
}

/// What happens to the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// `kill -9` before the message is at the server; the server sees the end of the process.
    Kill,
    /// That connection breaks before the message is at the server.
    CutBefore,
    /// The server acts on the message, and that connection breaks before the answer.
    CutAfter,
    /// Ctrl-C before the message is at the server.
    Interrupt,
}

pub(crate) const UPGRADE: &[&str] = &["upgrade"];

/// Interrupts at each point in turn.
pub(crate) async fn everywhere(scene: &Scene, how: How) {
    let project = Project::new(scene.before).await;
    if !scene.before.is_empty() {
        project.upgrade(0).await;
    }
    for (name, text) in scene.new {
        project.write(name, text);
    }
    let stage = Stage {
        project,
        command: scene.command,
        how,
    };

    let calm = stage.database("calm").await;
    let proxy = Proxy::start(&calm.url()).await;
    stage.command(proxy.url()).run().await.expect(0);
    let expected = Arc::new(state(&calm).await);
    let said: Vec<Message> = proxy
        .messages()
        .into_iter()
        .filter(|message| message.application != WATCH)
        .collect();
    let points: Vec<usize> = points(&said, how);
    eprintln!("{} of {} points", points.len(), said.len());
    for p in &points {
        eprintln!("{p} {:?}", said[p - 1]);
    }
    assert!(points.len() > 2, "only {} points: {said:#?}", points.len());

    const AT_ONCE: usize = 4;
    let stage = Arc::new(stage);
    let mut running = JoinSet::new();
    let (of, mut met) = (points.len(), 0);
    for number in points {
        if running.len() == AT_ONCE {
            met += survived(running.join_next().await);
        }
        running.spawn(Arc::clone(&stage).at(number, Arc::clone(&expected)));
    }
    while !running.is_empty() {
        met += survived(running.join_next().await);
    }
    assert!(met * 10 >= of * 9, "only {met} of {of} points were met");
}

/// 1 for a run that was interrupted, 0 for one that ended before.
fn survived(ended: Option<Result<bool, tokio::task::JoinError>>) -> usize {
    let is_met = ended
        .expect("there is one")
        .expect("it survives its interruption");
    usize::from(is_met)
}

/// The messages to interrupt at, from 1: all in the full suite; else those that can change something and, unless a cut
/// comes behind them as well, those behind them, each text where it is said first and where it is said last.
fn points(said: &[Message], how: How) -> Vec<usize> {
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
            points.insert(at + 1);
            if matches!(how, How::Kill | How::Interrupt) {
                points.insert((at + 2).min(said.len()));
            }
        }
    }
    // A long run is met at so many of them, evenly.
    const MOST: usize = 40;
    let step = points.len().div_ceil(MOST).max(1);
    points.into_iter().step_by(step).collect()
}

struct Stage {
    project: Project,
    command: &'static [&'static str],
    how: How,
}

impl Stage {
    /// A database as it stands before the command.
    async fn database(&self, name: &str) -> Database {
        let Project { server, database, .. } = &self.project;
        server.copy(database.name(), name).await
    }

    fn command(&self, url: &str) -> Command {
        self.project.windlass(self.command).env("DATABASE_URL", url)
    }

    /// Whether the run was interrupted: a backfill takes fewer messages where its batches grow faster, so that the last
    /// ones may not come.
    async fn at(self: Arc<Self>, number: usize, expected: Arc<Vec<String>>) -> bool {
        let database = self.database(&format!("met_{number}")).await;
        let proxy = Proxy::start(&database.url()).await;
        let fault = match self.how {
            How::Kill | How::Interrupt => Fault::SwallowBefore,
            How::CutBefore => Fault::CutBefore,
            How::CutAfter => Fault::CutAfter,
        };
        proxy.at_message(number, WATCH, fault);
        let mut runner = self.command(proxy.url()).spawn();
        // A run that never ends is ended with the test.
        while runner.is_running() && !proxy.has_fired() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let mut sent = proxy.messages();
        sent.retain(|message| message.application != WATCH);
        let is_met = sent.len() >= number;
        if is_met {
            proxy.wait_until_fired().await;
        }
        let met = sent.last();
        let place = match is_met {
            true => format!("{:?} at message {number}, {met:?}", self.how),
            false => format!("not interrupted at message {number}"),
        };
        if is_met {
            self.interrupt(&mut runner, &proxy);
        }
        let first = runner.finish().await;
        match is_met {
            true => self.judge(&first, &place),
            false => assert_eq!(first.code, Some(0), "{place}\n{}", first.stderr),
        }
        proxy.hang_up();
        if self.how == How::Interrupt {
            // Its lock is gone with it, so the next runner waits for nobody.
            let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' \
                         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
            while database.query_one_text(locks).await != "0" {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }

        let finished = self.command(&database.url()).run().await;
        assert_eq!(
            finished.code,
            Some(0),
            "{place}\nfirst: {}\nthen: {}\n{}",
            first.stderr,
            finished.stdout,
            finished.stderr
        );
        let found = state(&database).await;
        let missing = without(&expected, &found);
        let new = without(&found, &expected);
        assert!(
            found == *expected,
            "{place}\nmissing: {missing:#?}\nnew: {new:#?}\nfirst: {}\nthen: {}",
            first.stderr,
            finished.stderr
        );
        is_met
    }

    fn interrupt(&self, runner: &mut Child, proxy: &Proxy) {
        match self.how {
            How::Kill => runner.kill9(),
            How::Interrupt => {
                runner.sigint();
                proxy.resume();
            }
            How::CutBefore | How::CutAfter => {}
        }
    }

    /// What the interrupted run itself may end with.
    fn judge(&self, first: &Finished, place: &str) {
        let said = match first.code {
            None if self.how == How::Kill => first.signal == Some(9),
            // A command that only looks so far, for a question, leaves the signal to the system.
            None => first.signal == Some(2) && !first.stderr.contains("PostgreSQL"),
            // The lock's connection stands, or all was done.
            Some(0) => self.how != How::Kill,
            Some(1) => self.how.cuts() && first.stderr.contains("could not connect"),
            Some(7) => self.how.cuts() && first.stderr.contains("run the same command again"),
            Some(130) => self.how == How::Interrupt && first.stderr.contains("stopped as asked"),
            Some(_) => false,
        };
        assert!(
            said,
            "{place}\n{:?} {}\n{}",
            first.code, first.stdout, first.stderr
        );
    }
}

/// `facts` but for those that are also among `others`, each as often as it is there.
fn without<'f>(facts: &'f [String], others: &[String]) -> Vec<&'f String> {
    let mut others: Vec<&String> = others.iter().collect();
    let is_new = |fact: &&String| match others.iter().position(|other| other == fact) {
        Some(at) => {
            others.swap_remove(at);
            false
        }
        None => true,
    };
    facts.iter().filter(is_new).collect()
}

impl How {
    fn cuts(self) -> bool {
        matches!(self, Self::CutBefore | Self::CutAfter)
    }
}
