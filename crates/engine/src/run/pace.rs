//! How fast the server reads a table: the first pages of one that the plan reads, more of them as long as that is quick.

use std::sync::Arc;

use tokio_postgres::Client;
use windlass_compiler::catalog::Bytes;
use windlass_compiler::plan::{Forecast, Pace, Work};
use windlass_compiler::sql::RelationName;

/// Pages of each look. The last is 32 MB at the usual size of a page.
const PAGES: [u32; 3] = [64, 512, 4096];
/// A look that took as long tells enough.
const ENOUGH: f64 = 0.02;
/// A table below this is read before a clock has ticked.
const LEAST: u64 = 1 << 20;

/// What the largest table of the plan is read at. None where nothing large is read, or it cannot be had quickly.
pub(super) async fn pace(client: &Client, forecasts: &[Arc<Forecast>]) -> Option<Pace> {
    let work = forecasts.iter().flat_map(|forecast| &forecast.work);
    let sized = work.filter_map(|work| match work {
        Work {
            size:
                windlass_compiler::catalog::Size {
                    bytes: Bytes::Known(bytes),
                    ..
                },
            relation,
            ..
        } if *bytes >= LEAST => Some((*bytes, relation)),
        _ => None,
    });
    let (_, largest) = sized.max_by_key(|(bytes, _)| *bytes)?;
    let begun = client
        .batch_execute(
            "BEGIN READ ONLY; SET LOCAL lock_timeout = '100ms'; SET LOCAL statement_timeout = '500ms'; \
             SET LOCAL max_parallel_workers_per_gather = 0",
        )
        .await;
    let pace = match begun {
        Ok(()) => measured(client, largest).await,
        Err(_) => None,
    };
    // A session that is gone is noticed by whoever uses it next.
    let _ = client.batch_execute("ROLLBACK").await;
    pace
}

async fn measured(client: &Client, table: &RelationName) -> Option<Pace> {
    let row = client
        .query_typed_one(
            "SELECT pg_catalog.current_setting('block_size')::pg_catalog.int4, pg_catalog.pg_relation_size($1::text::regclass)",
            &[(&table.to_string(), tokio_postgres::types::Type::TEXT)],
        )
        .await
        .ok()?;
    let block = f64::from(row.get::<_, i32>(0));
    #[allow(clippy::cast_precision_loss, reason = "a size, for an estimate")]
    let size = row.get::<_, i64>(1) as f64;
    let mut pace = None;
    for pages in PAGES {
        let query = include_str!("pace.sql")
            .replace("%1", &table.to_string())
            .replace("%2", &pages.to_string());
        // What the timeout ends has told by its smaller look.
        let Ok(row) = client.query_typed_one(&query, &[]).await else {
            break;
        };
        let seconds: f64 = row.get("seconds");
        let bytes = (f64::from(pages) * block).min(size);
        if seconds > 0.0 && bytes > 0.0 {
            pace = Some(Pace {
                bytes_per_second: bytes / seconds,
            });
        }
        if seconds >= ENOUGH || bytes >= size {
            break;
        }
    }
    pace
}
