//! `windlass upgrade`

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::json;
use windlass::compiler::format::RevisionId;
use windlass::compiler::graph::Target;
use windlass::compiler::plan::SavedPlan;
use windlass::{Direction, Outcome, ScriptRequest, Upgrade as Request};

use super::{Done, Global, WaitArgs, exec, print_json, snapshot};
use crate::baseline;
use crate::context::{self, Context, environment};
use crate::failure::Failure;
use crate::lockfile::{self, LockFile};

/// Applies pending revisions
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass upgrade              to the head
  windlass upgrade +1           one revision on
  windlass upgrade 0036         up to and with revision 0036_…
  windlass upgrade --no-wait    fails at once when another runner is at work
  windlass upgrade --replay     runs every revision on a new database, whatever `schema_file` says
  windlass upgrade --plan release.plan
                                executes what `windlass plan --out release.plan` showed, and nothing else
  windlass upgrade --sql > upgrade.sql
                                writes what would run, journal included, for psql

Several runners may start at once: one works, the others wait and then find nothing to do.")]
pub(crate) struct Upgrade {
    /// head, heads, an id or its beginning, a label, or +N
    #[arg(default_value = "head")]
    target: String,
    #[command(flatten)]
    wait: WaitArgs,
    /// Waits for the backfills that a revision requires, instead of refusing it
    #[arg(long = "wait")]
    wait_for_backfills: bool,
    /// Refuses a database that is ahead of the files (exit 6)
    #[arg(long)]
    strict: bool,
    /// Applies this revision although revisions that follow it are already applied
    #[arg(long, value_name = "REVISION")]
    allow_late: Vec<String>,
    /// Counts the protected tables before and after, for applications that are stopped meanwhile (exit 5)
    #[arg(long)]
    exact_counts: bool,
    /// Runs all revisions on a new database too, instead of making it from `schema_file`
    #[arg(long)]
    replay: bool,
    /// Executes exactly the plan that `windlass plan --out` wrote; refuses (exit 6) when the schema, the journal or the
    /// files are not as they were then
    #[arg(long, value_name = "FILE", conflicts_with_all = ["target", "sql", "allow_late"])]
    plan: Option<PathBuf>,
    /// Writes the result to standard output as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    script: ScriptArgs,
}

/// Writing a script instead of running it.
#[derive(Debug, Args)]
pub(super) struct ScriptArgs {
    /// Writes the script that would run to standard output instead, with its journal rows, for psql
    #[arg(long, conflicts_with = "json")]
    sql: bool,
    /// In the script, writes a data change in batches as one statement
    #[arg(long, requires = "sql")]
    unbatched: bool,
}

impl ScriptArgs {
    /// Writes the script, when it is asked for.
    pub(super) async fn write(
        &self,
        context: &Context,
        direction: Direction,
        target: &str,
    ) -> Result<bool, Failure> {
        if !self.sql {
            return Ok(false);
        }
        let request = ScriptRequest {
            direction,
            target: context::target(target),
            target_text: target.to_owned(),
            unbatched: self.unbatched,
        };
        let script = context.runner()?.script(&request, &context.ui).await?;
        anstream::print!("{}", script.text);
        if script.revisions.is_empty() {
            context.ui.say("nothing to do");
        }
        Ok(true)
    }
}

impl Upgrade {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        if self.script.write(&context, Direction::Up, &self.target).await? {
            return Ok(0);
        }
        for note in exec::without_effect(&environment)
            .iter()
            .chain(&exec::overruled(&environment))
        {
            context.ui.say(note);
        }
        let done = self.upgrade(&context).await;
        context.ui.clear();
        if self.json {
            print_json(&result(&done));
        }
        let outcome = done?;
        say(&context, &outcome);
        Ok(0)
    }

    async fn upgrade(&self, context: &Context) -> Result<Outcome, Failure> {
        let plan = self.plan.as_deref().map(saved).transpose()?;
        let mut runner = context.upgrading_runner().await?;
        if !self.replay && plan.is_none() {
            runner = baseline::offer(runner, &context.config);
        }
        let allow_late = self
            .allow_late
            .iter()
            .map(|name| {
                runner
                    .graph()
                    .named(name)
                    .map_err(|problem| Failure::Input(vec![problem]))
            })
            .collect::<Result<Vec<RevisionId>, _>>()?;
        let request = Request {
            // A plan says itself what it applies.
            target: match plan {
                Some(_) => Target::Heads,
                None => context::target(&self.target),
            },
            target_text: self.target.clone(),
            wait: self.wait.wait(context),
            strict: self.strict || context.config.policy.strict.value,
            allow_late,
            accept_edits: Vec::new(),
            wait_for_backfills: self.wait_for_backfills,
            exact_counts: self.exact_counts,
            plan,
        };
        let stop = context::stop_on_signals();
        let outcome = runner.upgrade(&request, &context.ui, &stop).await?;
        let target = match &request.plan {
            Some(plan) => context::target(&plan.target),
            None => request.target.clone(),
        };
        if matches!(target, Target::Head | Target::Heads) {
            write_lock(context, &LockFile::of(runner.directory(), runner.graph()));
            if context.config.policy.snapshot_after_upgrade.value && !outcome.is_nothing() {
                snapshot::after_upgrade(context, &runner).await;
            }
        }
        Ok(outcome)
    }
}

/// The plan that a file holds.
fn saved(path: &Path) -> Result<SavedPlan, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::other(format!("failed to read {}: {error}", path.display())))?;
    SavedPlan::parse(&text).map_err(|error| {
        Failure::usage(
            format!("{} is no saved plan: {error}", path.display()),
            "`windlass plan --out FILE` writes one",
        )
    })
}

/// Keeps `windlass.lock` true. In an image nothing may be written, and there it came with the image.
fn write_lock(context: &Context, lock: &LockFile) {
    let path = lockfile::path(&context.config.dir);
    if lock.heads.is_empty() || lock.is_current(&path) {
        return;
    }
    match std::fs::write(&path, lock.text()) {
        Ok(()) => {}
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
            ) => {}
        Err(error) => context.ui.warning(
            &format!("failed to write {}: {error}", path.display()),
            Some("`windlass lock` writes it"),
        ),
    }
}

/// The summary that a person reads.
pub(super) fn say(context: &Context, outcome: &Outcome) {
    if outcome.is_nothing() {
        context.ui.say("nothing to do");
        return;
    }
    let verb = if outcome.direction == Direction::Up {
        "applied"
    } else {
        "reverted"
    };
    let skipped: Vec<_> = outcome
        .steps
        .iter()
        .filter_map(|step| step.warning.as_ref().map(|why| (step, why)))
        .collect();
    context.ui.say(&format!(
        "✅ SUCCESS: {verb} {} in {}{}{}",
        crate::ui::count(outcome.revisions.len(), "revision"),
        windlass::compiler::duration::show_duration(outcome.took),
        if outcome.retries > 0 {
            format!(", {} retries", outcome.retries)
        } else {
            String::new()
        },
        stall(outcome)
    ));
    for lost in &outcome.losses {
        let word = if lost.is_protected {
            ", as the revision allows"
        } else {
            ""
        };
        context.ui.say(&format!(
            "lost: {lost} ({} step {}){word}",
            lost.revision, lost.step
        ));
    }
    for (step, why) in skipped {
        context.ui.warning(
            &format!(
                "{} step {} was given up (best-effort): {why}",
                step.name.revision, step.name.number
            ),
            Some("`windlass status` keeps showing it"),
        );
    }
}

/// The result as JSON; keys are only ever added.
pub(super) fn result(done: &Result<Outcome, Failure>) -> serde_json::Value {
    let outcome = match done {
        Ok(outcome) => Some(outcome),
        Err(failure) => failure.outcome(),
    };
    let steps = outcome.map_or(&[][..], |outcome| &outcome.steps);
    let revisions = outcome.map_or(&[][..], |outcome| &outcome.revisions);
    let word = match done {
        Err(_) => "failed",
        Ok(outcome) if outcome.is_nothing() => "nothing",
        Ok(outcome) if outcome.direction == Direction::Up => "applied",
        Ok(_) => "reverted",
    };
    json!({
        "result": word,
        "revisions": revisions.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "steps": steps.iter().map(|step| json!({
            "revision": step.name.revision.as_str(),
            "number": step.name.number,
            "lane": step.lane.name(),
            "title": step.name.title,
            "attempts": step.attempts,
            "took_ms": millis(step.took),
            "longest_stall_ms": millis(step.longest_stall),
            "blockers": crate::ui::sessions(&step.blockers),
            "warning": step.warning,
        })).collect::<Vec<_>>(),
        "longest_stall_ms": outcome.and_then(|outcome| outcome.longest_stall).map(millis),
        "watch_interval_ms": outcome.and_then(|outcome| outcome.watch_interval).map(millis),
        "retries": outcome.map_or(0, |outcome| outcome.retries),
        "losses": outcome.map_or(&[][..], |outcome| &outcome.losses).iter().map(|lost| json!({
            "revision": lost.revision,
            "step": lost.step,
            "relation": lost.relation,
            "kind": lost.kind.name(),
            "what": lost.what,
            "rows": lost.rows,
            "protected": lost.is_protected,
        })).collect::<Vec<_>>(),
        "took_ms": outcome.map(|outcome| millis(outcome.took)),
        "error": done.as_ref().err().map(Failure::to_json),
    })
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What applications noticed, in words that continue "applied …".
fn stall(outcome: &Outcome) -> String {
    let show = windlass::compiler::duration::show_duration;
    let (Some(longest), Some(interval)) = (outcome.longest_stall, outcome.watch_interval) else {
        return String::new();
    };
    if longest.is_zero() {
        return format!(
            "; no query was seen waiting for it (a look every {})",
            show(interval)
        );
    }
    format!(
        "; the longest wait of a query: {} (a look every {})",
        show(longest),
        show(interval)
    )
}
