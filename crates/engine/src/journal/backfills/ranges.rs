//! The ranges that a backfill is cut into: claimed, moved on, put off, given back.

use serde_json::Value;
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

use super::{LEASE_MS, ServerResult};
use crate::journal::write::Write;

/// Priority of ranges that were put off; see `postpone.sql`.
const POSTPONED: i32 = 1_000_000;

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
