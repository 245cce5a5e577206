//! Backfills in the journal: what they are and who works on them. Their ranges and what is shown of them are beside.

mod ranges;
mod status;

use serde_json::Value;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use super::is_absent;
use super::write::Write;
use crate::error::Result;
use crate::session;

pub(crate) use ranges::{
    NewRange, RangeRow, Tenant, claim_range, cut_range, hold_range, move_range, new_ranges, note_row_error,
    postpone, release_ranges, restart_range, take_back, tenant_done,
};
pub use status::{BackfillStatus, RowError, TenantStatus, WorkerStatus};
pub(crate) use status::{backfills, row_errors, tenants, workers};

/// How long a worker that does not give a sign of life keeps its range.
pub(crate) const LEASE_MS: i64 = 30_000;

type ServerResult<T> = std::result::Result<T, tokio_postgres::Error>;

/// A backfill as it is begun.
pub(crate) struct NewBackfill<'a> {
    pub(crate) name: &'a str,
    pub(crate) revision: &'a str,
    pub(crate) step: i32,
    pub(crate) title: &'a str,
    pub(crate) is_deferred: bool,
    pub(crate) statement: &'a str,
    pub(crate) hash: &'a str,
    pub(crate) definition: Value,
    pub(crate) run_id: &'a str,
}

/// A backfill as the journal has it.
#[derive(Debug, Clone)]
pub(crate) struct BackfillRow {
    pub(crate) name: String,
    pub(crate) revision: String,
    pub(crate) step: i32,
    pub(crate) title: String,
    pub(crate) state: String,
    pub(crate) statement: String,
    pub(crate) hash: String,
    pub(crate) definition: Value,
    pub(crate) strategy: Option<Value>,
    pub(crate) relation_oid: Option<u32>,
    pub(crate) is_deferred: bool,
}

const ROW: &str = "name, revision_id, step, title, state, statement, statement_hash, definition, \
                   strategy, relation_oid, is_deferred";

fn backfill_row(row: &Row) -> BackfillRow {
    BackfillRow {
        name: row.get(0),
        revision: row.get(1),
        step: row.get(2),
        title: row.get(3),
        state: row.get(4),
        statement: row.get(5),
        hash: row.get(6),
        definition: row.get(7),
        strategy: row.get(8),
        relation_oid: row.get(9),
        is_deferred: row.get(10),
    }
}

/// One backfill; none when nobody has begun it.
pub(crate) async fn backfill(client: &Client, name: &str) -> Result<Option<BackfillRow>> {
    let sql = format!("SELECT {ROW} FROM windlass.backfill WHERE name = $1");
    let row = client.query_typed_opt(&sql, &[(&name, Type::TEXT)]).await;
    match row {
        Err(error) if is_absent(&error) => Ok(None),
        row => Ok(row.map_err(session::lost)?.as_ref().map(backfill_row)),
    }
}

/// What was done to a table in batches before.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Past {
    /// Rows that were passed, whether they changed or not.
    pub(crate) rows: i64,
    /// From its first batch to its last, with all that slowed it down.
    pub(crate) seconds: f64,
    /// When it was done, as people write it.
    pub(crate) day: String,
}

/// What was done to a table in batches before, the last first.
pub(crate) async fn past(client: &Client, table: u32) -> Result<Vec<Past>> {
    let rows = client
        .query_typed(include_str!("past.sql"), &[(&table, Type::OID)])
        .await;
    let rows = match rows {
        Err(error) if is_absent(&error) => Vec::new(),
        rows => rows.map_err(session::lost)?,
    };
    let past = rows.iter().map(|row| Past {
        rows: row.get(0),
        seconds: row.get(1),
        day: row.get(2),
    });
    Ok(past.collect())
}

/// The deferred backfills that a worker may go on with, oldest first.
pub(crate) async fn deferred(client: &Client) -> Result<Vec<BackfillRow>> {
    let sql = format!(
        "SELECT {ROW} FROM windlass.backfill WHERE is_deferred AND state = 'running' ORDER BY created_at, name"
    );
    match client.query_typed(&sql, &[]).await {
        Err(error) if is_absent(&error) => Ok(Vec::new()),
        rows => Ok(rows.map_err(session::lost)?.iter().map(backfill_row).collect()),
    }
}

/// The backfills that a revision waits for and that have passed rows and are not over, with how many rows.
pub(crate) async fn begun_of(client: &Client, revision: &str) -> Result<Vec<(String, i64)>> {
    let rows = client
        .query_typed(
            "SELECT name, pg_catalog.sum(rows_seen)::bigint FROM windlass.backfill JOIN windlass.backfill_range USING (name) \
              WHERE revision_id = $1 AND NOT is_deferred AND backfill.state NOT IN ('done', 'cancelled') \
              GROUP BY name HAVING pg_catalog.sum(rows_seen) > 0 ORDER BY name",
            &[(&revision, Type::TEXT)],
        )
        .await
        .map_err(|error| session::failed(error, "failed to read the revision's backfills"))?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Cancels a revision's backfills that are not over. Their names.
pub(crate) async fn cancel_of(client: &Client, revision: &str) -> Result<Vec<String>> {
    let rows = client
        .query_typed(
            "UPDATE windlass.backfill SET state = 'cancelled' \
              WHERE revision_id = $1 AND state NOT IN ('done', 'cancelled') RETURNING name",
            &[(&revision, Type::TEXT)],
        )
        .await
        .map_err(|error| session::failed(error, "failed to cancel the revision's backfill"))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Asks the sessions that work on a backfill to give up what they are doing.
pub(crate) async fn cancel_batches(client: &Client, name: &str) -> Result<()> {
    let told = async {
        let workers = "SELECT coalesce(pg_catalog.array_agg(backend_pid), '{}') FROM windlass.backfill_worker WHERE name = $1";
        let row = client.query_typed_one(workers, &[(&name, Type::TEXT)]).await?;
        let pids: Vec<Option<i32>> = row.get(0);
        let whom: [(&(dyn ToSql + Sync), Type); 1] = [(&pids, Type::INT4_ARRAY)];
        let cancel = "SELECT pg_catalog.pg_cancel_backend(pid) FROM pg_catalog.pg_stat_activity \
                       WHERE pid = ANY ($1) AND application_name = 'windlass work' AND state = 'active'";
        session::as_login(client, client.query_typed(cancel, &whom)).await
    };
    told.await
        .map(|_| ())
        .map_err(|error| session::failed(error, "failed to cancel the running batch"))
}

/// A backfill is begun.
pub(crate) fn new_backfill(new: &NewBackfill<'_>) -> Write {
    Write::new(
        "INSERT INTO windlass.backfill (name, revision_id, step, title, state, is_deferred, statement, \
                statement_hash, definition, run_id) \
         VALUES ($1, $2, $3, $4, 'running', $5, $6, $7, $8, $9::uuid)",
    )
    .text(new.name)
    .text(new.revision)
    .int(new.step)
    .text(new.title)
    .with(new.is_deferred, Type::BOOL)
    .text(new.statement)
    .text(new.hash)
    .with(new.definition.clone(), Type::JSONB)
    .text(new.run_id)
}

/// A backfill that was edited before it changed anything, or whose edit is accepted.
pub(crate) fn edit_backfill(new: &NewBackfill<'_>) -> Write {
    Write::new(
        "UPDATE windlass.backfill SET step = $2, title = $3, is_deferred = $4, statement = $5, \
                statement_hash = $6, definition = $7 WHERE name = $1",
    )
    .text(new.name)
    .int(new.step)
    .text(new.title)
    .with(new.is_deferred, Type::BOOL)
    .text(new.statement)
    .text(new.hash)
    .with(new.definition.clone(), Type::JSONB)
}

/// A backfill begins anew: its ranges go, and with them what is known of its progress.
pub(crate) fn forget_ranges(name: &str) -> Write {
    Write::new(
        "WITH gone AS (DELETE FROM windlass.backfill_range WHERE name = $1), \
              errors AS (DELETE FROM windlass.backfill_error WHERE name = $1) \
         UPDATE windlass.backfill SET strategy = NULL, relation_oid = NULL, pass = 1, started_at = NULL \
          WHERE name = $1",
    )
    .text(name)
}

/// How a backfill is cut, noted once.
pub(crate) fn set_strategy(name: &str, strategy: Value, relation_oid: u32, rows_total: i64) -> Write {
    Write::new(
        "UPDATE windlass.backfill SET strategy = $2, relation_oid = $3, rows_total = $4, \
                started_at = coalesce(started_at, pg_catalog.clock_timestamp()) WHERE name = $1",
    )
    .text(name)
    .with(strategy, Type::JSONB)
    .with(relation_oid, Type::OID)
    .with(rows_total, Type::INT8)
}

/// Sweeps came to an end although the last one still found rows.
pub(crate) fn note_leftover(name: &str) -> Write {
    Write::new(
        "UPDATE windlass.backfill SET strategy = strategy || '{\"leftover\": true}'::jsonb WHERE name = $1",
    )
    .text(name)
}

/// Whether it ended with rows that match its condition: those that it found to the end, or passed over.
pub(crate) async fn has_leftover(client: &Client, name: &str) -> Result<bool> {
    let row = client
        .query_typed_opt(
            "SELECT coalesce(strategy ? 'leftover', false) \
                    OR EXISTS (SELECT FROM windlass.backfill_error AS error WHERE error.name = backfill.name) \
               FROM windlass.backfill WHERE name = $1",
            &[(&name, Type::TEXT)],
        )
        .await
        .map_err(session::lost)?;
    Ok(row.is_some_and(|row| row.get(0)))
}

/// Where a backfill stands: its state, its pass, ranges left, rows changed in this pass and the one before,
/// rows passed, rows with errors.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    pub(crate) state: String,
    pub(crate) pass: i32,
    pub(crate) left: i64,
    pub(crate) done: i64,
    pub(crate) done_in_pass: i64,
    pub(crate) done_in_pass_before: i64,
    pub(crate) seen: i64,
    pub(crate) errors: i64,
    pub(crate) rows_total: i64,
    pub(crate) tenants: i64,
}

/// Counts; none when the backfill is gone.
pub(crate) async fn tally(client: &Client, name: &str) -> ServerResult<Option<Tally>> {
    let row = client
        .query_typed_opt(include_str!("tally.sql"), &[(&name, Type::TEXT)])
        .await?;
    Ok(row.map(|row| Tally {
        state: row.get(0),
        pass: row.get(1),
        left: row.get(2),
        done: row.get(3),
        done_in_pass: row.get(4),
        done_in_pass_before: row.get(5),
        seen: row.get(6),
        errors: row.get(7),
        rows_total: row.get(8),
        tenants: row.get(9),
    }))
}

/// Another sweep begins, unless another worker has begun it.
pub(crate) fn next_pass(name: &str, pass: i32) -> Write {
    Write::new(
        "SELECT 1 / pg_catalog.count(*) FROM (SELECT 1 FROM windlass.backfill \
          WHERE name = $1 AND pass = $2 AND state = 'running' FOR UPDATE) AS held",
    )
    .text(name)
    .int(pass)
}

/// The pass is counted on.
pub(crate) fn count_pass(name: &str) -> Write {
    Write::new("UPDATE windlass.backfill SET pass = pass + 1 WHERE name = $1").text(name)
}

/// A backfill ends, or is given up with an error.
pub(crate) fn end_backfill(name: &str, state: &str, error: Option<String>) -> Write {
    Write::new(
        "WITH gone AS (DELETE FROM windlass.backfill_worker WHERE name = $1 AND $2 = 'done') \
         UPDATE windlass.backfill SET state = $2, \
                error = CASE WHEN $3::text IS NOT NULL THEN pg_catalog.jsonb_build_object('message', $3::text) END, \
                finished_at = CASE WHEN $2 = 'done' THEN pg_catalog.clock_timestamp() END \
          WHERE name = $1 AND state <> 'done' AND ($2 <> 'failed' OR state = 'running')",
    )
    .text(name)
    .text(state)
    .optional(error)
}

/// Somebody wants a backfill to pause, to go on, or to end. Whether it was in one of `from`.
pub(crate) async fn set_state(client: &Client, name: &str, from: &[&str], to: &str) -> Result<bool> {
    let from: Vec<String> = from.iter().map(|state| (*state).to_owned()).collect();
    let changed = client
        .execute_typed(
            "UPDATE windlass.backfill SET state = $3, error = NULL WHERE name = $1 AND state = ANY ($2)",
            &[(&name, Type::TEXT), (&from, Type::TEXT_ARRAY), (&to, Type::TEXT)],
        )
        .await
        .map_err(|error| session::failed(error, "failed to write the journal"))?;
    Ok(changed > 0)
}

/// A worker begins, or has a session anew.
pub(crate) async fn announce_worker(
    client: &Client,
    worker: &str,
    name: &str,
    runner: &str,
    backend_pid: i32,
) -> ServerResult<u64> {
    client
        .execute_typed(
            include_str!("announce.sql"),
            &[
                (&worker, Type::TEXT),
                (&name, Type::TEXT),
                (&runner, Type::TEXT),
                (&backend_pid, Type::INT4),
            ],
        )
        .await
}

/// What a worker tells of itself.
pub(crate) struct Beat<'a> {
    pub(crate) worker: &'a str,
    pub(crate) name: &'a str,
    pub(crate) batch_rows: i64,
    pub(crate) rows_per_second: f64,
    pub(crate) duty: f64,
    pub(crate) reasons: Vec<String>,
}

/// A worker's sign of life.
pub(crate) async fn beat_worker(client: &Client, beat: &Beat<'_>) -> ServerResult<u64> {
    client
        .execute_typed(
            include_str!("beat.sql"),
            &[
                (&beat.worker, Type::TEXT),
                (&beat.name, Type::TEXT),
                (&beat.batch_rows, Type::INT8),
                (&beat.rows_per_second, Type::FLOAT8),
                (&beat.duty, Type::FLOAT8),
                (&beat.reasons, Type::TEXT_ARRAY),
                (&LEASE_MS, Type::INT8),
            ],
        )
        .await
}
