//! Backfills in the journal: what they are, the ranges that they are cut into, who works on which.

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use super::write::Write;
use crate::error::Result;
use crate::session;

/// How long a worker that does not give a sign of life keeps its range.
pub(crate) const LEASE_MS: i64 = 30_000;

/// Priority of ranges that were put off; see `postpone.sql`.
const POSTPONED: i32 = 1_000_000;

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

/// A range that a worker has claimed.
#[derive(Debug, Clone)]
pub(crate) struct RangeRow {
    pub(crate) number: i64,
    pub(crate) partition: String,
    pub(crate) partition_oid: u32,
    pub(crate) filenode: Option<u32>,
    pub(crate) tenant: Tenant,
    pub(crate) is_open: bool,
    pub(crate) upper: Vec<String>,
    pub(crate) cursor: Option<Vec<String>>,
    priority: i32,
}

impl RangeRow {
    /// No range; for preparing what is said of one.
    pub(crate) fn nothing() -> Self {
        Self {
            number: 0,
            partition: String::new(),
            partition_oid: 0,
            filenode: None,
            tenant: Tenant::All,
            is_open: false,
            upper: Vec::new(),
            cursor: None,
            priority: 0,
        }
    }

    /// Somebody held its rows, so it was left for the end.
    pub(crate) fn is_postponed(&self) -> bool {
        self.priority >= POSTPONED
    }
}

/// Whose rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tenant {
    /// It is not done by tenants.
    All,
    /// Rows without a tenant.
    None,
    /// One tenant, its key as text.
    One(String),
}

/// A range before it is written.
pub(crate) struct NewRange {
    pub(crate) partition: String,
    pub(crate) partition_oid: u32,
    pub(crate) filenode: Option<u32>,
    pub(crate) tenant: Tenant,
    pub(crate) priority: i32,
    pub(crate) is_open: bool,
    pub(crate) upper: Vec<String>,
}

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
        // 3F000 and 42P01: neither the schema nor the table is there yet.
        Err(error) if matches!(error.code().map(|code| code.code()), Some("3F000" | "42P01")) => Ok(None),
        row => Ok(row.map_err(session::lost)?.as_ref().map(backfill_row)),
    }
}

/// The deferred backfills that a worker may go on with, oldest first.
pub(crate) async fn deferred(client: &Client) -> Result<Vec<BackfillRow>> {
    let sql = format!(
        "SELECT {ROW} FROM windlass.backfill WHERE is_deferred AND state = 'running' ORDER BY created_at, name"
    );
    match client.query_typed(&sql, &[]).await {
        Err(error) if matches!(error.code().map(|code| code.code()), Some("3F000" | "42P01")) => {
            Ok(Vec::new())
        }
        rows => Ok(rows.map_err(session::lost)?.iter().map(backfill_row).collect()),
    }
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
    client
        .query_typed(
            "SELECT pg_catalog.pg_cancel_backend(activity.pid) FROM windlass.backfill_worker AS worker \
               JOIN pg_catalog.pg_stat_activity AS activity ON activity.pid = worker.backend_pid \
              WHERE worker.name = $1 AND activity.application_name = 'windlass work' AND activity.state = 'active'",
            &[(&name, Type::TEXT)],
        )
        .await
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

/// Ranges to claim, all of one pass.
pub(crate) fn new_ranges(name: &str, pass: i32, ranges: &[NewRange]) -> Write {
    let column = |of: fn(&NewRange) -> Value| Value::Array(ranges.iter().map(of).collect());
    let rows = serde_json::json!({
        "partition": column(|range| range.partition.clone().into()),
        "oid": column(|range| range.partition_oid.into()),
        "filenode": column(|range| range.filenode.into()),
        "tenant": column(|range| match &range.tenant {
            Tenant::One(tenant) => tenant.clone().into(),
            _ => Value::Null,
        }),
        "is_null": column(|range| (range.tenant == Tenant::None).into()),
        "priority": column(|range| range.priority.into()),
        "is_open": column(|range| range.is_open.into()),
        "upper": column(|range| range.upper.clone().into()),
    });
    Write::new(
        "INSERT INTO windlass.backfill_range (name, pass, partition, partition_oid, filenode, tenant, \
                tenant_is_null, priority, is_open, upper_bound) \
         SELECT $1, $2, $3::jsonb->'partition'->>at, ($3::jsonb->'oid'->>at)::oid, \
                ($3::jsonb->'filenode'->>at)::oid, $3::jsonb->'tenant'->>at, \
                ($3::jsonb->'is_null'->>at)::boolean, ($3::jsonb->'priority'->>at)::integer, \
                ($3::jsonb->'is_open'->>at)::boolean, \
                ARRAY(SELECT pg_catalog.jsonb_array_elements_text($3::jsonb->'upper'->at)) \
           FROM pg_catalog.generate_series(0, pg_catalog.jsonb_array_length($3::jsonb->'oid') - 1) AS at",
    )
    .text(name)
    .int(pass)
    .with(rows, Type::JSONB)
}

/// Claims the next range; none when nothing is free for this worker.
pub(crate) async fn claim_range(client: &Client, name: &str, worker: &str) -> ServerResult<Option<RangeRow>> {
    let params: [(&(dyn ToSql + Sync), Type); 3] = [
        (&name, Type::TEXT),
        (&worker, Type::TEXT),
        (&LEASE_MS, Type::INT8),
    ];
    let row = client.query_typed_opt(include_str!("claim.sql"), &params).await?;
    Ok(row.map(|row| RangeRow {
        number: row.get(0),
        partition: row.get(1),
        filenode: row.get(2),
        tenant: tenant(row.get(3), row.get(4)),
        is_open: row.get(5),
        upper: row.get(6),
        cursor: row.get(7),
        partition_oid: row.get(8),
        priority: row.get(9),
    }))
}

fn tenant(tenant: Option<String>, is_null: bool) -> Tenant {
    match (tenant, is_null) {
        (Some(tenant), _) => Tenant::One(tenant),
        (None, true) => Tenant::None,
        (None, false) => Tenant::All,
    }
}

/// Cuts the keys up to `end` off an open range; the number of what was cut off, none when the range
/// is another worker's by now.
pub(crate) async fn cut_range(
    client: &Client,
    name: &str,
    range: &RangeRow,
    worker: &str,
    end: &[String],
) -> ServerResult<Option<i64>> {
    let params: [(&(dyn ToSql + Sync), Type); 6] = [
        (&name, Type::TEXT),
        (&range.number, Type::INT8),
        (&worker, Type::TEXT),
        (&range.cursor, Type::TEXT_ARRAY),
        (&end, Type::TEXT_ARRAY),
        (&LEASE_MS, Type::INT8),
    ];
    let row = client.query_typed_opt(include_str!("cut.sql"), &params).await?;
    Ok(row.map(|row| row.get(0)))
}

/// Puts the keys up to `end` off until everything else is done.
pub(crate) fn postpone(name: &str, range: &RangeRow, worker: &str, end: &[String], is_last: bool) -> Write {
    Write::new(include_str!("postpone.sql"))
        .text(name)
        .with(range.number, Type::INT8)
        .text(worker)
        .with(range.cursor.clone(), Type::TEXT_ARRAY)
        .with(end.to_vec(), Type::TEXT_ARRAY)
        .with(is_last, Type::BOOL)
}

/// A range whose table was rewritten begins anew: its blocks are others.
pub(crate) async fn restart_range(
    client: &Client,
    name: &str,
    range: &RangeRow,
    filenode: Option<u32>,
    upper: &[String],
) -> ServerResult<u64> {
    client
        .execute_typed(
            "UPDATE windlass.backfill_range SET filenode = $3, upper_bound = $4, cursor = NULL \
              WHERE name = $1 AND number = $2 AND state = 'todo'",
            &[
                (&name, Type::TEXT),
                (&range.number, Type::INT8),
                (&filenode, Type::OID),
                (&upper, Type::TEXT_ARRAY),
            ],
        )
        .await
}

/// The first statement of a batch; see the file.
pub(crate) fn hold_range(name: &str, range: &RangeRow, worker: &str) -> Write {
    Write::new(include_str!("hold.sql"))
        .text(name)
        .with(range.number, Type::INT8)
        .text(worker)
        .with(range.cursor.clone(), Type::TEXT_ARRAY)
}

/// The last statement of a batch: the cursor moves with its rows.
pub(crate) fn move_range(
    name: &str,
    number: i64,
    cursor: &[String],
    rows: i64,
    seen: i64,
    is_done: bool,
) -> Write {
    Write::new(
        "UPDATE windlass.backfill_range SET cursor = $3, rows_done = rows_done + $4, rows_seen = rows_seen + $5, \
                state = CASE WHEN $6 THEN 'done' ELSE state END, worker = CASE WHEN $6 THEN NULL ELSE worker END, \
                leased_until = pg_catalog.clock_timestamp() + $7::bigint * interval '1 ms' \
          WHERE name = $1 AND number = $2",
    )
    .text(name)
    .with(number, Type::INT8)
    .with(cursor.to_vec(), Type::TEXT_ARRAY)
    .with(rows, Type::INT8)
    .with(seen, Type::INT8)
    .with(is_done, Type::BOOL)
    .with(LEASE_MS, Type::INT8)
}

/// A claimed range goes back, its cursor where it is.
pub(crate) async fn release_ranges(client: &Client, name: &str, worker: &str) -> ServerResult<u64> {
    client
        .execute_typed(
            "WITH gone AS (DELETE FROM windlass.backfill_worker \
                            WHERE worker = $2::uuid OR beat_at < pg_catalog.clock_timestamp() - interval '10 min') \
             UPDATE windlass.backfill_range SET worker = NULL, leased_until = NULL \
              WHERE name = $1 AND worker = $2::uuid AND state = 'todo'",
            &[(&name, Type::TEXT), (&worker, Type::TEXT)],
        )
        .await
}

/// The leading runner takes all of an inline backfill's ranges back: whoever had them led before it. What was
/// recorded of rows that stopped it is forgotten; they are tried again.
pub(crate) fn take_back(name: &str, forget_errors: bool) -> Write {
    Write::new(
        "WITH gone AS (DELETE FROM windlass.backfill_worker WHERE name = $1), \
              errors AS (DELETE FROM windlass.backfill_error WHERE $2 AND name = $1), \
              again AS (UPDATE windlass.backfill SET state = 'running', error = NULL \
                         WHERE name = $1 AND state = 'failed') \
         UPDATE windlass.backfill_range SET worker = NULL, leased_until = NULL \
          WHERE name = $1 AND worker IS NOT NULL",
    )
    .text(name)
    .with(forget_errors, Type::BOOL)
}

/// A row is passed over with its error.
pub(crate) fn note_row_error(
    name: &str,
    range: &RangeRow,
    key: &str,
    sqlstate: &str,
    message: &str,
) -> Write {
    let tenant = match &range.tenant {
        Tenant::One(tenant) => Some(tenant.clone()),
        _ => None,
    };
    Write::new(
        "INSERT INTO windlass.backfill_error (name, partition, key, tenant, sqlstate, message) \
         VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (name, partition, key) DO UPDATE SET sqlstate = excluded.sqlstate, \
                message = excluded.message, at = pg_catalog.clock_timestamp()",
    )
    .text(name)
    .text(&range.partition)
    .text(key)
    .optional(tenant)
    .text(sqlstate)
    .text(message)
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
        "UPDATE windlass.backfill SET state = $2, \
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

/// All backfills, or one.
pub(crate) async fn backfills(client: &Client, name: Option<&str>) -> Result<Vec<BackfillStatus>> {
    let rows = match client
        .query_typed(include_str!("list.sql"), &[(&name, Type::TEXT)])
        .await
    {
        Err(error) if matches!(error.code().map(|code| code.code()), Some("3F000" | "42P01")) => {
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

/// How far one tenant is: rows changed, and whether all of its ranges are done.
pub(crate) async fn tenant_done(client: &Client, name: &str, whose: &Tenant) -> ServerResult<(i64, bool)> {
    let tenant = match whose {
        Tenant::One(tenant) => Some(tenant),
        _ => None,
    };
    let row = client
        .query_typed_one(
            "SELECT coalesce(pg_catalog.sum(rows_done), 0)::bigint, coalesce(pg_catalog.bool_and(state = 'done'), false) \
               FROM windlass.backfill_range WHERE name = $1 AND tenant IS NOT DISTINCT FROM $2",
            &[(&name, Type::TEXT), (&tenant, Type::TEXT)],
        )
        .await?;
    Ok((row.get(0), row.get(1)))
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
