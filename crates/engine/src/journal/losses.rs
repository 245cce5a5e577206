//! What runs took away, read back.

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::error::Result;
use crate::guard::{LossKind, Lost};
use crate::session;

/// What a run took away, in the order of its steps.
pub(crate) async fn losses(client: &Client, run_id: &str) -> Result<Vec<Lost>> {
    let rows = client
        .query_typed(
            "SELECT revision_id, step, relation_name, kind, what, rows, protected FROM windlass.loss \
              WHERE run_id = $1::text::uuid ORDER BY at, relation_name, kind, what",
            &[(&run_id, Type::TEXT)],
        )
        .await
        .map_err(session::lost)?;
    Ok(rows
        .iter()
        .filter_map(|row| {
            Some(Lost {
                revision: row.get("revision_id"),
                step: u32::try_from(row.get::<_, i32>("step")).unwrap_or(0),
                relation: row.get("relation_name"),
                kind: LossKind::parse(row.get("kind"))?,
                what: row.get("what"),
                rows: row.get("rows"),
                is_protected: row.get("protected"),
            })
        })
        .collect())
}

/// Whether run `run_id` goes on with the building of a new database that the run before it did not finish.
pub(crate) async fn builds_on(client: &Client, run_id: &str) -> Result<bool> {
    let row = client
        .query_typed_one(
            "SELECT coalesce((SELECT builds AND result IS DISTINCT FROM 'applied' FROM windlass.run \
                               WHERE run_id <> $1::text::uuid ORDER BY started_at DESC LIMIT 1), false)",
            &[(&run_id, Type::TEXT)],
        )
        .await
        .map_err(session::lost)?;
    Ok(row.get(0))
}
