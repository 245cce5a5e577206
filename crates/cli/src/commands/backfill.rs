//! `windlass backfill`: data changes in batches, looked at and steered from anywhere that reaches the database.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;
use windlass::backfill::{Backfills, Change, Report, WorkRequest};
use windlass::compiler::duration::show_duration;
use windlass::{BackfillStatus, RowError, TenantStatus, WorkerStatus};

use super::{Done, Global, print_json};
use crate::context::{self, Context};
use crate::failure::Failure;

/// Looks at data changes in batches, and pauses, resumes, cancels or runs them
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass backfill list
  windlass backfill status last_call_direction
  windlass backfill pause last_call_direction     from any machine; it holds after the batch under way
  windlass backfill run last_call_direction       does a deferred one here, until it is verified

Their progress is in the journal, so none of this needs the migrations.")]
pub(crate) struct Backfill {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// All that were begun, with how far they are
    List {
        /// Writes it as JSON
        #[arg(long)]
        json: bool,
    },
    /// One of them: its tenants, who works on it and what slows it down, rows that failed
    Status {
        /// Its name
        name: String,
        /// Lists every tenant, not only those that are under way
        #[arg(long)]
        tenants: bool,
        /// Writes it as JSON
        #[arg(long)]
        json: bool,
    },
    /// Does a deferred one here until it is complete and verified
    Run {
        /// Its name
        name: String,
        #[command(flatten)]
        work: WorkArgs,
        /// Writes the result to standard output as JSON
        #[arg(long)]
        json: bool,
    },
    /// Holds it after the batch that is under way, wherever that is
    Pause {
        /// Its name
        name: String,
    },
    /// Lets it go on after a pause, a cancel or a failure
    Resume {
        /// Its name
        name: String,
        /// From its first row: what is known of its progress is forgotten
        #[arg(long)]
        from_start: bool,
    },
    /// Ends it at once; what it changed stays changed
    Cancel {
        /// Its name
        name: String,
    },
}

/// How to work.
#[derive(Debug, Args)]
pub(super) struct WorkArgs {
    /// Sessions that work at once [default: what the backfill's directive says, else 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    workers: Option<u32>,
    /// Works all of the time, whatever replication, old transactions and waiting sessions say
    #[arg(long)]
    no_throttle: bool,
}

impl WorkArgs {
    pub(super) fn request(&self, once: bool) -> WorkRequest {
        WorkRequest {
            workers: self.workers,
            unthrottled: self.no_throttle,
            once,
        }
    }
}

impl Backfill {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let backfills = context.backfills()?;
        match &self.what {
            What::List { json } => list(&backfills, *json).await,
            What::Status { name, tenants, json } => status(&backfills, name, *tenants, *json).await,
            What::Run { name, work, json } => {
                let stop = context::stop_on_signals();
                let ran = backfills.run(name, &work.request(true), &context.ui, &stop).await;
                context.ui.clear();
                if *json {
                    print_json(&json!({
                        "result": if ran.is_ok() { "done" } else { "failed" },
                        "name": name,
                        "rows": ran.as_ref().ok(),
                        "error": ran.as_ref().err().map(ToString::to_string),
                    }));
                }
                ran?;
                Ok(0)
            }
            What::Pause { name } => change(&context, &backfills, name, Change::Pause).await,
            What::Resume { name, from_start } => {
                let change_to = Change::Resume {
                    from_start: *from_start,
                };
                change(&context, &backfills, name, change_to).await
            }
            What::Cancel { name } => change(&context, &backfills, name, Change::Cancel).await,
        }
    }
}

async fn change(context: &Context, backfills: &Backfills, name: &str, change: Change) -> Done {
    let words = backfills.change(name, change).await?;
    context.ui.say(&words);
    Ok(0)
}

async fn list(backfills: &Backfills, json: bool) -> Done {
    let found = backfills.list().await?;
    if json {
        print_json(&json!({ "backfills": found.iter().map(status_json).collect::<Vec<_>>() }));
        return Ok(0);
    }
    if found.is_empty() {
        anstream::println!("no backfill was begun");
    }
    for status in &found {
        anstream::println!("{}", line(status));
    }
    Ok(0)
}

/// One backfill on one line.
pub(super) fn line(status: &BackfillStatus) -> String {
    let mut text = format!(
        "{}: {}, {} rows updated",
        status.name,
        state(status),
        status.rows_done
    );
    if let Some(percent) = percent(status) {
        text.push_str(&format!(", {percent} %"));
    }
    if status.errors > 0 {
        text.push_str(&format!(", {} rows failed", status.errors));
    }
    let kind = if status.is_deferred {
        "deferred by"
    } else {
        "a step of"
    };
    text.push_str(&format!(" ({kind} {})", status.revision));
    if let Some(error) = &status.error {
        text.push_str(&format!("\n  {error}"));
    }
    text
}

fn state(status: &BackfillStatus) -> &str {
    match status.state.as_str() {
        "running" if status.started_at.is_none() => "waits for a worker",
        state => state,
    }
}

fn percent(status: &BackfillStatus) -> Option<i64> {
    let total = status.rows_total.filter(|total| *total > 0)?;
    (status.state != "done").then(|| (status.rows_seen * 100 / total).min(99))
}

async fn status(backfills: &Backfills, name: &str, all: bool, json: bool) -> Done {
    let report = backfills.report(name).await?;
    if json {
        print_json(&report_json(&report));
        return Ok(0);
    }
    let status = &report.status;
    anstream::println!("{}", line(status));
    anstream::println!("  {}", status.title);
    if let Some(strategy) = &status.strategy {
        anstream::println!("  cut into {strategy}");
    }
    if status.pass > 1 {
        anstream::println!("  sweep {} for rows that came or moved meanwhile", status.pass);
    }
    if status.ranges_left > 0 {
        anstream::println!("  {} ranges are left", status.ranges_left);
    }
    if let Some(word) = &status.word {
        tenants(word, &report.tenants, all);
    }
    report.workers.iter().for_each(show_worker);
    report.errors.iter().for_each(show_error);
    Ok(0)
}

fn tenants(word: &str, tenants: &[TenantStatus], all: bool) {
    const MOST: usize = 10;
    let done = tenants.iter().filter(|tenant| tenant.is_done).count();
    anstream::println!("  {done} of {} {word}(s) done", tenants.len());
    let wanted = tenants
        .iter()
        .filter(|tenant| all || (!tenant.is_done && tenant.rows_seen > 0));
    for tenant in wanted.take(if all { usize::MAX } else { MOST }) {
        let name = tenant
            .tenant
            .as_ref()
            .map_or_else(|| format!("no {word}"), |tenant| format!("{word} {tenant}"));
        let mark = if tenant.is_done { "✅ " } else { "" };
        anstream::println!("    {mark}{name}: {} rows updated", tenant.rows_done);
    }
}

fn show_worker(worker: &WorkerStatus) {
    let pid = worker
        .backend_pid
        .map_or(String::new(), |pid| format!(", backend {pid}"));
    anstream::println!(
        "  worker on {}{pid}: batches of {}, {:.0} rows/s, works {:.0} % of the time (heard of {} ago)",
        worker.runner,
        worker.batch_rows,
        worker.rows_per_second,
        worker.duty * 100.0,
        show_duration(Duration::from_secs(worker.silent_for.max(0.0) as u64)),
    );
    for reason in &worker.reasons {
        anstream::println!("    because {reason}");
    }
}

fn show_error(error: &RowError) {
    anstream::println!(
        "  failed: the row {} of {}: {} ({})",
        error.key,
        error.partition,
        error.message,
        error.sqlstate
    );
}

fn status_json(status: &BackfillStatus) -> serde_json::Value {
    json!({
        "name": status.name,
        "revision": status.revision,
        "step": status.step,
        "title": status.title,
        "state": status.state,
        "deferred": status.is_deferred,
        "sweep": status.pass,
        "strategy": status.strategy,
        "rows_done": status.rows_done,
        "rows_seen": status.rows_seen,
        "rows_total": status.rows_total,
        "ranges_left": status.ranges_left,
        "errors": status.errors,
        "error": status.error,
        "created_at": status.created_at.to_string(),
        "started_at": status.started_at.map(|at| at.to_string()),
        "finished_at": status.finished_at.map(|at| at.to_string()),
    })
}

fn report_json(report: &Report) -> serde_json::Value {
    let mut value = status_json(&report.status);
    value["tenants"] = report
        .tenants
        .iter()
        .map(|tenant| {
            json!({ "tenant": tenant.tenant, "rows_done": tenant.rows_done, "rows_seen": tenant.rows_seen,
                    "done": tenant.is_done })
        })
        .collect();
    value["workers"] = report
        .workers
        .iter()
        .map(|worker| {
            json!({ "runner": worker.runner, "backend_pid": worker.backend_pid, "batch_rows": worker.batch_rows,
                    "rows_per_second": worker.rows_per_second, "duty": worker.duty, "reasons": worker.reasons,
                    "silent_for_ms": worker.silent_for * 1000.0 })
        })
        .collect();
    value["failed_rows"] = report
        .errors
        .iter()
        .map(|error| {
            json!({ "table": error.partition, "key": error.key, "sqlstate": error.sqlstate,
                    "message": error.message, "at": error.at.to_string() })
        })
        .collect();
    value
}

/// The backfills that somebody still waits for, for `status`.
pub(super) async fn open(backfills: &Backfills) -> Result<Vec<BackfillStatus>, Failure> {
    let found = backfills.list().await?;
    Ok(found
        .into_iter()
        .filter(|status| status.state != "done")
        .collect())
}

/// The same as JSON.
pub(super) fn as_json(found: &[BackfillStatus]) -> serde_json::Value {
    found.iter().map(status_json).collect()
}
