//! Which rows of a range the next transaction takes, and how they are halved.

use tokio_postgres::types::Type;

use super::{Halt, Worker};
use crate::backfill::keys::{self, Bounds};
use crate::backfill::strategy::Access;
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::journal::backfills::{self as journal, RangeRow};

/// A stretch of a range that one transaction may take.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) end: Vec<String>,
    /// Rows in it, as they were counted or estimated.
    pub(super) rows: Option<i64>,
    pub(super) is_last: bool,
}

impl Worker<'_> {
    /// Rows in a block, and a range whose table was rewritten since begins anew.
    pub(super) async fn density(&self, range: &mut RangeRow) -> std::result::Result<f64, Halt> {
        let row = self
            .session
            .client()
            .query_typed_opt(
                "SELECT pg_catalog.pg_relation_filenode(oid), \
                        CASE WHEN relpages > 0 AND reltuples > 0 THEN reltuples / relpages ELSE 50 END::float8, \
                        pg_catalog.pg_relation_size(oid) / pg_catalog.current_setting('block_size')::bigint \
                   FROM pg_catalog.pg_class WHERE oid = $1",
                &[(&range.partition_oid, Type::OID)],
            )
            .await?;
        let Some(row) = row else {
            return Err(Error::new(
                ErrorKind::Diverged,
                format!(
                    "{} was dropped while backfill {} worked on it",
                    range.partition, self.task.name
                ),
            )
            .into());
        };
        let filenode: Option<u32> = row.get(0);
        if filenode != range.filenode {
            let blocks: i64 = row.get(2);
            let upper = vec![blocks.to_string()];
            journal::restart_range(self.session.client(), &self.task.name, range, filenode, &upper).await?;
            self.crew.observer.event(Event::Warning {
                message: format!(
                    "{} was rewritten meanwhile (VACUUM FULL, CLUSTER, ALTER TABLE): backfill {} reads it again",
                    range.partition, self.task.name
                ),
                hint: None,
            });
            range.filenode = filenode;
            range.upper = upper;
            range.cursor = None;
        }
        Ok(row.get::<_, f64>(1).max(1.0))
    }

    pub(super) fn bounds<'b>(&'b self, range: &'b RangeRow, until: &'b [String]) -> Bounds<'b> {
        Bounds {
            access: &self.cut.access,
            tenant_column: self.cut.tenant.as_ref(),
            tenant: &range.tenant,
            after: range.cursor.as_deref(),
            until,
        }
    }

    /// The table that a range is of, as queries name it.
    fn source(&self, range: &RangeRow) -> String {
        let only = if self.task.change.target.only { "ONLY " } else { "" };
        format!("{only}{}", range.partition)
    }

    /// The next stretch of about `rows` rows.
    pub(super) async fn next_part(
        &self,
        range: &RangeRow,
        rows: u64,
        density: f64,
    ) -> std::result::Result<Part, tokio_postgres::Error> {
        let Some(query) = self
            .bounds(range, &range.upper)
            .end_query(&self.source(range), rows)
        else {
            return Ok(blocks(range, rows, density));
        };
        let found = self.session.client().query_typed_opt(&query, &[]).await?;
        let end: Option<Vec<String>> = found.map(|row| row.get(0));
        Ok(match end {
            Some(end) => Part {
                is_last: end == range.upper,
                rows: i64::try_from(rows).ok(),
                end,
            },
            None => Part {
                end: range.upper.clone(),
                rows: None,
                is_last: true,
            },
        })
    }

    /// About half of a part, to go before it; none where it cannot be halved.
    pub(super) async fn half(
        &self,
        range: &RangeRow,
        part: &mut Part,
    ) -> std::result::Result<Option<Part>, Halt> {
        if self.cut.access == Access::Blocks {
            return Ok(
                keys::half_of_blocks(range.cursor.as_deref(), &part.end).map(|end| Part {
                    end,
                    rows: part.rows.map(|rows| (rows / 2).max(1)),
                    is_last: false,
                }),
            );
        }
        let client = self.session.client();
        let bounds = self.bounds(range, &part.end);
        let source = self.source(range);
        // Rows may have gone since they were counted.
        for counts in [part.rows.is_none(), true] {
            if counts {
                let condition = bounds.condition("target");
                let sql = format!("SELECT pg_catalog.count(*) FROM {source} AS target WHERE {condition}");
                part.rows = Some(client.query_typed_one(&sql, &[]).await?.get(0));
            }
            let rows = part.rows.unwrap_or_default();
            if rows <= 1 {
                return Ok(None);
            }
            let half = rows / 2;
            let Some(query) = bounds.end_query(&source, half.unsigned_abs()) else {
                return Ok(None);
            };
            let found = client.query_typed_opt(&query, &[]).await?;
            let end: Option<Vec<String>> = found.map(|row| row.get(0));
            if let Some(end) = end.filter(|end| *end != part.end) {
                part.rows = Some(rows - half);
                return Ok(Some(Part {
                    end,
                    rows: Some(half),
                    is_last: false,
                }));
            }
        }
        Ok(None)
    }
}

/// The next blocks, about `rows` rows of them.
fn blocks(range: &RangeRow, rows: u64, density: f64) -> Part {
    let number = |bound: Option<&String>| bound.and_then(|text| text.parse::<u64>().ok());
    let from = number(range.cursor.as_deref().and_then(<[String]>::first)).unwrap_or_default();
    let upper = number(range.upper.first()).unwrap_or_default();
    let end = from
        .saturating_add(((rows as f64 / density) as u64).max(1))
        .min(upper);
    Part {
        end: vec![end.to_string()],
        rows: Some((end.saturating_sub(from) as f64 * density) as i64),
        is_last: end >= upper,
    }
}
