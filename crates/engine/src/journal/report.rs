//! What the journal remembers of past runs, for people who ask what was done when.

use std::time::Duration;

use jiff::Timestamp;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row};

use crate::error::Result;
use crate::session;

/// A run that had something to do.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PastRun {
    /// Its id.
    pub run_id: String,
    /// Such as `upgrade`.
    pub command: String,
    /// The target as it was typed.
    pub target: String,
    /// The profile that it ran by.
    pub profile: String,
    /// Which process it was.
    pub runner: String,
    /// The role that it wrote the journal as.
    pub role: String,
    /// The version of Windlass.
    pub version: String,
    /// When it began, on the server's clock.
    pub started_at: Timestamp,
    /// When it ended; none where it was killed, or is still at work.
    pub finished_at: Option<Timestamp>,
    /// `applied`, `reverted`, `failed`, `interrupted` or `unfinished`.
    pub result: String,
    /// Why it failed.
    pub error: Option<String>,
    /// Attempts beyond the first of each step.
    pub retries: i32,
    /// The longest that an application query waited for it, where that was measured.
    pub longest_stall: Option<Duration>,
    /// What it did to which revision, such as `applied 0036_phone`.
    pub changes: Vec<String>,
    /// Its steps, as far as their revisions are still applied.
    pub steps: Vec<PastStep>,
}

/// A step of a past run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PastStep {
    /// Its revision.
    pub revision: String,
    /// `up` or `down`.
    pub direction: String,
    /// Its number there.
    pub number: i32,
    /// `done`, `skipped`, `intended`, `unknown` or `abandoned`.
    pub state: String,
    /// Its lane.
    pub lane: String,
    /// Its first statement, shortened.
    pub title: String,
    /// Attempts over all runs.
    pub attempts: i32,
    /// When it began: the transaction that committed it, or the statement that ran alone.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// The longest that an application query waited for it, where that was measured.
    pub longest_stall: Option<Duration>,
    /// Why it was given up, where it was.
    pub warning: Option<String>,
    /// The last error.
    pub error: Option<String>,
    /// Rows that a backfill changed.
    pub rows: Option<i64>,
}

impl PastRun {
    /// How long it took, where it ended.
    pub fn took(&self) -> Option<Duration> {
        took(self.started_at, self.finished_at)
    }
}

impl PastStep {
    /// How long it took, where it ended.
    pub fn took(&self) -> Option<Duration> {
        took(self.started_at, self.finished_at)
    }
}

/// Both times are the server's: clocks of runners are never compared.
fn took(started: Timestamp, finished: Option<Timestamp>) -> Option<Duration> {
    Duration::try_from(finished?.duration_since(started)).ok()
}

/// The last `most` runs, newest first. A database without a journal has none.
pub(crate) async fn report(client: &Client, most: u32) -> Result<Vec<PastRun>> {
    let found = client
        .query_typed(include_str!("report_runs.sql"), &[(&i64::from(most), Type::INT8)])
        .await;
    let rows = match found {
        Ok(rows) => rows,
        Err(error) if super::is_absent(&error) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(super::read::unreadable(error)),
    };
    let mut runs: Vec<PastRun> = rows.iter().map(run).collect();
    let ids: Vec<String> = runs.iter().map(|run| run.run_id.clone()).collect();
    let rows = client
        .query_typed(include_str!("report_steps.sql"), &[(&ids, Type::TEXT_ARRAY)])
        .await
        .map_err(session::lost)?;
    for row in &rows {
        let id: String = row.get(0);
        if let Some(run) = runs.iter_mut().find(|run| run.run_id == id) {
            run.steps.push(step(row));
        }
    }
    Ok(runs)
}

fn run(row: &Row) -> PastRun {
    PastRun {
        run_id: row.get(0),
        command: row.get(1),
        target: row.get(2),
        profile: row.get(3),
        runner: row.get(4),
        role: row.get(5),
        version: row.get(6),
        started_at: row.get(7),
        finished_at: row.get(8),
        result: row.get(9),
        error: row.get(10),
        retries: row.get(11),
        longest_stall: stall(row.get(12)),
        changes: row.get(13),
        steps: Vec::new(),
    }
}

fn step(row: &Row) -> PastStep {
    PastStep {
        revision: row.get(1),
        direction: row.get(2),
        number: row.get(3),
        state: row.get(4),
        lane: row.get(5),
        title: row.get(6),
        attempts: row.get(7),
        started_at: row.get(8),
        finished_at: row.get(9),
        longest_stall: stall(row.get(10)),
        warning: row.get(11),
        error: row.get(12),
        rows: row.get(13),
    }
}

fn stall(millis: Option<f64>) -> Option<Duration> {
    millis.and_then(|millis| Duration::try_from_secs_f64(millis / 1000.0).ok())
}
