//! `windlass status`

use clap::Args;
use serde_json::json;
use windlass::compiler::duration::show_duration;
use windlass::compiler::format::RevisionId;
use windlass::compiler::graph::Target;
use windlass::{Direction, RevisionState, Running, Snapshot, Standing, StepState};

use super::{Done, Global, backfill, current, print_json};
use crate::baseline;
use crate::context::Context;

/// Says where the database stands
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass status
  windlass status --json | jq .pending")]
pub(crate) struct Status {
    /// Writes it as JSON
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let runner = baseline::offer(context.runner()?, &context.config);
        let (journal, standing) = runner.status().await?;
        let running = runner.running().await?;
        let tips = current::tips(&runner, &journal, &standing);
        let beginning = if journal.revisions.is_empty() {
            baseline::beginning(&context, &runner, &Target::Heads).await
        } else {
            None
        };
        let backfills = backfill::open(&context.backfills()?).await?;
        if self.json {
            let mut value = as_json(&journal, &standing, &tips);
            value["running"] = running.iter().map(running_json).collect();
            value["begins"] = beginning
                .as_ref()
                .map_or(serde_json::Value::Null, baseline::as_json);
            value["backfills"] = backfill::as_json(&backfills);
            print_json(&value);
        } else {
            show(&journal, &standing, &tips);
            if let Some(words) = beginning.as_ref().and_then(baseline::words) {
                anstream::println!("{words}");
            }
            running.iter().for_each(show_running);
            for status in &backfills {
                anstream::println!("backfill {}", backfill::line(status));
            }
        }
        Ok(0)
    }
}

fn show_running(run: &Running) {
    let of = match run.total {
        0 => String::new(),
        total => format!(", {} of {total}", run.done),
    };
    let at = match (&run.revision, run.step) {
        (Some(revision), Some(step)) => format!("{revision} step {step}: "),
        _ => String::new(),
    };
    anstream::println!(
        "running: {} on {} for {}: {at}{}{of} (said {} ago)",
        run.command,
        run.runner,
        show_duration(run.running_for),
        run.phase,
        show_duration(run.silent_for)
    );
}

fn running_json(run: &Running) -> serde_json::Value {
    json!({
        "run_id": run.run_id,
        "command": run.command,
        "runner": run.runner,
        "revision": run.revision,
        "step": run.step,
        "phase": run.phase,
        "done": run.done,
        "total": run.total,
        "silent_for_ms": run.silent_for.as_secs_f64() * 1000.0,
        "running_for_ms": run.running_for.as_secs_f64() * 1000.0,
    })
}

fn show(journal: &Snapshot, standing: &Standing, tips: &[String]) {
    match tips {
        [] => anstream::println!("at base (nothing applied)"),
        tips => anstream::println!("at {} ({} applied)", tips.join(", "), standing.applied.len()),
    }
    let list = |title: &str, ids: &[RevisionId]| {
        if !ids.is_empty() {
            anstream::println!("{title}:");
            ids.iter().for_each(|id| anstream::println!("  {id}"));
        }
    };
    for id in &standing.started {
        let state = journal.revisions.iter().find(|row| row.id == *id);
        let words = state.map_or("running", |row| row.state.name());
        if state.is_some_and(|row| row.direction == Direction::Down) {
            anstream::println!("half-way reverted: {id} ({words}); `windlass downgrade -1` goes on with it");
        } else if state.is_some_and(|row| row.state == RevisionState::Unknown) {
            anstream::println!("begun, not finished: {id} ({words}); it waits for a decision");
        } else {
            anstream::println!("begun, not finished: {id} ({words}); `windlass upgrade` goes on with it");
        }
    }
    list("pending", &standing.pending);
    for (id, behind) in &standing.late {
        anstream::println!("came late: {id} (behind {behind}, which is applied) needs `--allow-late {id}`");
    }
    for (squash, missing) in &standing.torn {
        let missing = missing
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ");
        anstream::println!("applied in part: what {squash} replaces; missing: {missing}");
    }
    list("edited after it was applied", &standing.edited);
    list(
        "in the database only (it is ahead of these files)",
        &standing.ahead,
    );
    list("in the database only (another history)", &standing.diverged);
    for step in &journal.steps {
        match step.state {
            StepState::Skipped => anstream::println!(
                "missing: {} step {} was given up (best-effort): {}\n  {}",
                step.revision,
                step.number,
                step.warning.as_deref().unwrap_or("no reason was noted"),
                step.title
            ),
            StepState::Unknown => anstream::println!(
                "outcome unknown: {} step {}: {}\n  decide with `windlass resolve {} --step {} done|retry|abandon`",
                step.revision,
                step.number,
                step.title,
                step.revision,
                step.number
            ),
            _ => {}
        }
    }
    if standing.is_at_head() && standing.diverged.is_empty() {
        anstream::println!("nothing is pending");
    }
}

fn as_json(journal: &Snapshot, standing: &Standing, tips: &[String]) -> serde_json::Value {
    let reverting = journal
        .revisions
        .iter()
        .filter(|row| row.direction == Direction::Down && !row.state.is_applied());
    let ids = |ids: &[RevisionId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "journal_version": journal.version,
        // The last of several; `at` has all of them.
        "current": tips.last(),
        "at": tips,
        "applied": ids(&standing.applied),
        "pending": ids(&standing.pending),
        "started": ids(&standing.started),
        "reverting": reverting.map(|row| row.id.as_str()).collect::<Vec<_>>(),
        "ahead": ids(&standing.ahead),
        "diverged": ids(&standing.diverged),
        "edited": ids(&standing.edited),
        "late": standing.late.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(),
        "torn": standing.torn.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(),
        "steps": journal.steps.iter().map(|step| json!({
            "revision": step.revision.as_str(),
            "direction": step.direction.name(),
            "number": step.number,
            "state": step.state.name(),
            "lane": step.lane,
            "title": step.title,
            "attempts": step.attempts,
            "warning": step.warning,
        })).collect::<Vec<_>>(),
    })
}
