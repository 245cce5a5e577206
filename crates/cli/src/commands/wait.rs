//! `windlass wait`: asks again until the database is what this code needs. What that means is
//! `readiness`'s.

use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;
use windlass::compiler::duration::show_duration;
use windlass::compiler::graph::Graph;
use windlass::connect::ConnectOptions;
use windlass::{Error, ErrorKind, Look, Stop};

use super::{Done, Global, print_json};
use crate::context::{self, Context};
use crate::failure::Failure;
use crate::files;
use crate::lockfile::{self, LockFile};
use crate::readiness::{Goal, Verdict, judge_backfill};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
const REPEAT_REASON: Duration = Duration::from_secs(30);
/// Exit code when the database answers and is not yet what is needed.
const PENDING: u8 = 8;

/// Waits until the database is what this code needs
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass wait                              head of the migrations here, else windlass.lock
  windlass wait --for lock --timeout 10m     in an image without the migrations
  windlass wait --for reachable              only until the database answers
  windlass wait --for 0036                   until that revision is applied
  windlass wait --for backfill last_call_direction

Reads the journal and nothing else: it takes no lock, and needs USAGE on schema windlass and SELECT on its
tables. A database that is ahead of this code is ready (an older image was deployed back) unless --strict.
Exit codes: 0 ready, 1 no answer in time, 6 database and code do not belong together, 8 pending.")]
pub(crate) struct Wait {
    /// head, lock, reachable, `backfill NAME`, or a revision [default: head, or lock where there are no migrations]
    #[arg(long = "for", value_name = "WHAT", num_args = 1..=2)]
    goal: Vec<String>,
    /// How long; 0s looks once
    #[arg(long, value_name = "DURATION", value_parser = super::duration, default_value = "5m")]
    timeout: Duration,
    /// The lock file [default: windlass.lock beside the migrations]
    #[arg(long, value_name = "FILE")]
    lock: Option<std::path::PathBuf>,
    /// Refuses a database that is ahead (exit 6)
    #[arg(long)]
    strict: bool,
    /// Writes the result to standard output as JSON
    #[arg(long)]
    json: bool,
}

impl Wait {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let options = context.connect_options()?;
        let goal = self.goal(&context)?;
        let stop = context::stop_on_signals();
        let began = Instant::now();
        let strict = self.strict || context.config.policy.strict.value;
        let waited = until(&context, &options, &goal, strict, self.timeout, &stop).await;
        if self.json {
            print_json(&json!({
                "result": match &waited { Ok(()) => "ready", Err(failure) if failure.code() == PENDING => "pending", Err(_) => "failed" },
                "for": goal.name(),
                "reason": waited.as_ref().err().map(Failure::message),
                "waited_ms": u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            }));
        }
        waited.map(|()| 0)
    }

    fn goal(&self, context: &Context) -> Result<Goal, Failure> {
        let lock = || {
            let file = self
                .lock
                .clone()
                .unwrap_or_else(|| lockfile::path(&context.config.dir));
            LockFile::read(&file).map(Goal::Lock)
        };
        let words: Vec<&str> = self.goal.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] if self.lock.is_none() => own_goal(context),
            [] | ["lock"] => lock(),
            ["head" | "heads"] => head(context),
            ["reachable"] => Ok(Goal::Reachable),
            ["backfill", name] => Ok(Goal::Backfill((*name).to_owned())),
            ["backfill"] => Err(Failure::usage(
                "--for backfill needs the backfill's name",
                "windlass wait --for backfill NAME",
            )),
            [name] => named(context, name),
            [first, second, ..] => Err(Failure::usage(
                format!("--for does not know `{first} {second}`"),
                "head, lock, reachable, `backfill NAME`, or a revision",
            )),
        }
    }
}

/// What this code needs: its migrations, or what its `windlass.lock` says.
pub(super) fn own_goal(context: &Context) -> Result<Goal, Failure> {
    if context.config.dir.is_dir() {
        head(context)
    } else {
        LockFile::read(&lockfile::path(&context.config.dir)).map(Goal::Lock)
    }
}

/// Every revision of this directory.
fn head(context: &Context) -> Result<Goal, Failure> {
    let directory = files::load(&context.config.dir)?;
    let graph = Graph::build(&directory.revisions)?;
    Ok(Goal::Files(Box::new(directory), graph))
}

/// A revision as the files name it; without files, as the journal does.
fn named(context: &Context, name: &str) -> Result<Goal, Failure> {
    if !context.config.dir.is_dir() {
        return Ok(Goal::Revision(name.to_owned()));
    }
    let directory = files::load(&context.config.dir)?;
    let id = Graph::build(&directory.revisions)?
        .named(name)
        .map_err(|problem| Failure::Input(vec![problem]))?;
    Ok(Goal::Revision(id.to_string()))
}

/// Asks until it is so, and says why it is not whenever the reason changes.
pub(super) async fn until(
    context: &Context,
    options: &ConnectOptions,
    goal: &Goal,
    strict: bool,
    timeout: Duration,
    stop: &Stop,
) -> Result<(), Failure> {
    let began = Instant::now();
    let mut look = None;
    let mut pause = FIRST_PAUSE;
    let mut said: Option<(String, Instant)> = None;
    loop {
        let left = timeout
            .saturating_sub(began.elapsed())
            .max(Duration::from_secs(1));
        let seen = tokio::select! {
            seen = tokio::time::timeout(left, once(&mut look, options, goal, strict)) => seen,
            () = stop.asked() => return Err(stopped()),
        };
        let (reason, code) = match seen {
            Ok(Ok(Verdict::Ready(note))) => {
                if let Some(note) = note {
                    context
                        .ui
                        .warning(&note, Some("an older image runs over a newer database"));
                }
                return Ok(());
            }
            Ok(Ok(Verdict::Never(why))) => {
                return Err(Failure::Other {
                    message: why,
                    hints: vec!["`windlass status` compares files and database".to_owned()],
                    code: 6,
                });
            }
            Ok(Ok(Verdict::NotYet(why))) => (why, PENDING),
            Ok(Err(error)) if !passes(&error) => return Err(error.into()),
            Ok(Err(error)) => {
                look = None;
                (error.to_string(), 1)
            }
            Err(_) => {
                look = None;
                ("the database did not answer".to_owned(), 1)
            }
        };
        if began.elapsed() >= timeout {
            return Err(gave_up(goal, began.elapsed(), &reason, code, look.as_ref()).await);
        }
        let is_news = said
            .as_ref()
            .is_none_or(|(last, at)| *last != reason || at.elapsed() >= REPEAT_REASON);
        if is_news {
            context.ui.say(&format!("waiting for {}: {reason}", goal.name()));
            said = Some((reason, Instant::now()));
        }
        tokio::select! {
            () = tokio::time::sleep(pause.min(timeout.saturating_sub(began.elapsed()))) => {}
            () = stop.asked() => return Err(stopped()),
        }
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

/// One look, on the connection of the last one where it still stands.
async fn once(
    look: &mut Option<Look>,
    options: &ConnectOptions,
    goal: &Goal,
    strict: bool,
) -> Result<Verdict, Error> {
    if look.is_none() {
        *look = Some(Look::open(options).await?);
    }
    let Some(open) = look else {
        return Ok(Verdict::NotYet("not connected".to_owned()));
    };
    match goal {
        Goal::Reachable => Ok(Verdict::Ready(None)),
        Goal::Backfill(name) => Ok(judge_backfill(name, open.backfill(name).await?)),
        _ => Ok(goal.judge(&open.journal().await?, strict)),
    }
}

/// Whether time may mend it: also a missing database, role or password, which an operator may
/// still be about to create.
fn passes(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NoConnection | ErrorKind::ConnectionLost)
}

pub(super) fn stopped() -> Failure {
    Failure::Other {
        message: "stopped as asked".to_owned(),
        hints: Vec::new(),
        code: crate::context::stopped_code(),
    }
}

async fn gave_up(goal: &Goal, waited: Duration, reason: &str, code: u8, look: Option<&Look>) -> Failure {
    let mut hints = Vec::new();
    if code == PENDING
        && let Some(look) = look
        && let Ok(Some(run)) = look.last_run().await
    {
        match (run.result.as_deref(), run.error) {
            (Some("failed"), Some(error)) => hints.push(format!("the last run failed: {error}")),
            (Some("interrupted"), _) => hints.push("the last run was interrupted; run it again".to_owned()),
            (None, _) => hints.push("a run is at work, or was killed; --timeout waits longer".to_owned()),
            _ => {}
        }
    }
    hints.push(match code {
        PENDING => {
            "`windlass upgrade` applies what is pending, in the image that has the migrations".to_owned()
        }
        _ => "is the address right, and may this container reach it? --timeout waits longer".to_owned(),
    });
    Failure::Other {
        message: format!(
            "waited {} for {}: {reason}",
            show_duration(Duration::from_millis(
                u64::try_from(waited.as_millis()).unwrap_or(u64::MAX)
            )),
            goal.name()
        ),
        hints,
        code,
    }
}
