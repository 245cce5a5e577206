//! What people see of backfills: how far they are, by whom, for whom, and which rows were passed over.

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::error::Result;
use crate::journal::is_absent;
use crate::session;

/// A backfill for people, with how far it is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BackfillStatus {
    /// Its name.
    pub name: String,
    /// The revision that began it.
    pub revision: String,
    /// The step there.
    pub step: u32,
    /// Its statement, shortened.
    pub title: String,
    /// `running`, `paused`, `cancelled`, `failed` or `done`.
    pub state: String,
    /// It is a background job.
    pub is_deferred: bool,
    /// Which sweep over the table this is, from 1.
    pub pass: u32,
    /// Rows of the table when it began, estimated; none before it is begun.
    pub rows_total: Option<i64>,
    /// How it is cut, in words.
    pub strategy: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// When the revision handed it over.
    pub created_at: Timestamp,
    /// When its first batch began.
    pub started_at: Option<Timestamp>,
    /// When it was complete and verified.
    pub finished_at: Option<Timestamp>,
    /// Rows changed.
    pub rows_done: i64,
    /// Rows passed, changed or not.
    pub rows_seen: i64,
    /// Rows passed over with an error of their own.
    pub errors: i64,
    /// The word for a tenant; none where it is not done by tenants.
    pub word: Option<String>,
    /// Ranges that are left.
    pub ranges_left: i64,
}

/// A tenant's share of a backfill.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TenantStatus {
    /// The tenant; none for rows without one.
    pub tenant: Option<String>,
    /// Rows changed.
    pub rows_done: i64,
    /// Rows passed.
    pub rows_seen: i64,
    /// All of them.
    pub is_done: bool,
}

/// A session at work on a backfill.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WorkerStatus {
    /// Host and process.
    pub runner: String,
    /// Its backend.
    pub backend_pid: Option<i32>,
    /// Rows of its next batch.
    pub batch_rows: i64,
    /// Rows that it passes in a second.
    pub rows_per_second: f64,
    /// The share of time that it may work.
    pub duty: f64,
    /// Why it is not all of the time.
    pub reasons: Vec<String>,
    /// Seconds since its last sign of life.
    pub silent_for: f64,
}

/// A row that was passed over.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RowError {
    /// The table or partition.
    pub partition: String,
    /// Its key.
    pub key: String,
    /// The server's code.
    pub sqlstate: String,
    /// The server's words.
    pub message: String,
    /// When.
    pub at: Timestamp,
}

/// All backfills, or one.
pub(crate) async fn backfills(client: &Client, name: Option<&str>) -> Result<Vec<BackfillStatus>> {
    let rows = match client
        .query_typed(include_str!("list.sql"), &[(&name, Type::TEXT)])
        .await
    {
        Err(error) if is_absent(&error) => {
            return Ok(Vec::new());
        }
        rows => rows.map_err(|error| session::failed(error, "failed to read the journal"))?,
    };
    let text = |value: Option<Value>, key: &str| Some(value?.get(key)?.as_str()?.to_owned());
    Ok(rows
        .iter()
        .map(|row| BackfillStatus {
            name: row.get(0),
            revision: row.get(1),
            step: u32::try_from(row.get::<_, i32>(2)).unwrap_or_default(),
            title: row.get(3),
            state: row.get(4),
            is_deferred: row.get(5),
            pass: u32::try_from(row.get::<_, i32>(6)).unwrap_or_default(),
            rows_total: row.get(7),
            strategy: text(row.get(8), "words"),
            error: row
                .get::<_, Option<String>>(9)
                .and_then(|error| text(serde_json::from_str(&error).ok(), "message")),
            created_at: row.get(10),
            started_at: row.get(11),
            finished_at: row.get(12),
            rows_done: row.get(13),
            rows_seen: row.get(14),
            errors: row.get(15),
            word: text(row.get(16), "word"),
            ranges_left: row.get(17),
        })
        .collect())
}

/// The tenants of a backfill.
pub(crate) async fn tenants(client: &Client, name: &str) -> Result<Vec<TenantStatus>> {
    let rows = client
        .query_typed(include_str!("tenants.sql"), &[(&name, Type::TEXT)])
        .await
        .map_err(session::lost)?;
    Ok(rows
        .iter()
        .map(|row| TenantStatus {
            tenant: row.get(0),
            rows_done: row.get(1),
            rows_seen: row.get(2),
            is_done: row.get(3),
        })
        .collect())
}

/// The sessions that work on a backfill, those that were heard of in the last minute.
pub(crate) async fn workers(client: &Client, name: &str) -> Result<Vec<WorkerStatus>> {
    let rows = client
        .query_typed(
            "SELECT runner, backend_pid, coalesce(batch_rows, 0), coalesce(rows_per_second, 0), coalesce(duty, 1), \
                    reasons, extract(epoch FROM pg_catalog.clock_timestamp() - beat_at)::float8 \
               FROM windlass.backfill_worker \
              WHERE name = $1 AND beat_at > pg_catalog.clock_timestamp() - interval '1 min' ORDER BY runner, backend_pid",
            &[(&name, Type::TEXT)],
        )
        .await
        .map_err(session::lost)?;
    Ok(rows
        .iter()
        .map(|row| WorkerStatus {
            runner: row.get(0),
            backend_pid: row.get(1),
            batch_rows: row.get(2),
            rows_per_second: row.get(3),
            duty: row.get(4),
            reasons: row.get(5),
            silent_for: row.get(6),
        })
        .collect())
}

/// The rows that were passed over, the first of them.
pub(crate) async fn row_errors(client: &Client, name: &str) -> Result<Vec<RowError>> {
    let rows = client
        .query_typed(
            "SELECT partition, key, sqlstate, message, at FROM windlass.backfill_error \
              WHERE name = $1 ORDER BY at LIMIT 100",
            &[(&name, Type::TEXT)],
        )
        .await
        .map_err(session::lost)?;
    Ok(rows
        .iter()
        .map(|row| RowError {
            partition: row.get(0),
            key: row.get(1),
            sqlstate: row.get(2),
            message: row.get(3),
            at: row.get(4),
        })
        .collect())
}
