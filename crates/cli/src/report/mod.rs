//! Past runs on paper: one file per format. What is told is the journal's; how it reads is decided here.

mod json;
mod markdown;
mod text;

use std::time::Duration;

use clap::ValueEnum;
use windlass::compiler::duration::show_duration;
use windlass::{PastRun, PastStep};

/// A format of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines for people.
    Text,
    /// A table per run, for tickets and wikis.
    Markdown,
    /// For machines.
    Json,
}

/// The report of some runs, newest first.
pub(crate) fn render(runs: &[PastRun], format: Format) -> String {
    match format {
        Format::Text => text::render(runs),
        Format::Markdown => markdown::render(runs),
        Format::Json => json::render(runs),
    }
}

/// A run's own line: what, how it ended, how long.
fn headline(run: &PastRun) -> String {
    let mut facts = vec![run.took().map_or_else(
        || "it did not say when it ended".to_owned(),
        |took| format!("took {}", show(took)),
    )];
    if run.retries > 0 {
        facts.push(format!("{} retries", run.retries));
    }
    if let Some(stall) = run.longest_stall {
        facts.push(format!("longest stall {}", show(stall)));
    }
    format!(
        "{} {} {}: {} ({})",
        run.started_at.strftime("%Y-%m-%d %H:%M:%SZ"),
        run.command,
        run.target,
        run.result,
        facts.join(", ")
    )
}

/// What of a step is more than that it was done: attempts, rows, stall, trouble.
fn remarks(step: &PastStep) -> Vec<String> {
    let mut remarks = Vec::new();
    if step.state != "done" {
        remarks.push(step.state.clone());
    }
    if step.attempts > 1 {
        remarks.push(format!("{} attempts", step.attempts));
    }
    if let Some(rows) = step.rows {
        remarks.push(format!("{rows} rows"));
    }
    if let Some(stall) = step.longest_stall {
        remarks.push(format!("longest stall {}", show(stall)));
    }
    remarks.extend(step.warning.clone());
    remarks.extend(step.error.clone().filter(|_| step.warning.is_none()));
    remarks
}

fn name(step: &PastStep) -> String {
    let down = if step.direction == "down" { " (down)" } else { "" };
    format!("{}{down} step {}", step.revision, step.number)
}

fn show(took: Duration) -> String {
    show_duration(Duration::from_millis(millis(took)))
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
