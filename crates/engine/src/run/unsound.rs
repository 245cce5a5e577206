//! What stands in the catalog and does not do its work: indexes that are not valid, constraints that were never
//! validated. Read only; mending is said, not done.

use super::Runner;
use crate::error::Result;
use crate::session::{self, Purpose};

/// Something that stands in the catalog and does not do its work.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unsound {
    /// What it is.
    pub kind: UnsoundKind,
    /// Its name as SQL writes it: an index with its schema, a constraint without.
    pub name: String,
    /// The table or domain that it belongs to, with its schema.
    pub of: String,
    /// An index is being built on the table this moment, perhaps this one.
    pub is_under_way: bool,
    /// What mends it, ready to run.
    pub remedy: String,
}

/// What can be unsound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnsoundKind {
    /// An index that no query uses.
    Index,
    /// A constraint that old rows may break.
    Constraint,
}

impl Runner {
    /// Indexes that are not valid and constraints that were never validated. Takes no lock.
    ///
    /// # Errors
    /// No connection.
    pub async fn unsound(&self) -> Result<Vec<Unsound>> {
        let session = self.open(Purpose::Lock).await?;
        let rows = session
            .client()
            .query_typed(include_str!("unsound.sql"), &[])
            .await
            .map_err(session::lost)?;
        Ok(rows
            .iter()
            .map(|row| {
                let (kind, name, of): (&str, String, String) = (row.get(0), row.get(1), row.get(2));
                let (is_under_way, is_special): (bool, bool) = (row.get(3), row.get(4));
                let kind = match kind {
                    "index" => UnsoundKind::Index,
                    _ => UnsoundKind::Constraint,
                };
                let remedy = match kind {
                    UnsoundKind::Constraint if is_special => format!("ALTER DOMAIN {of} VALIDATE CONSTRAINT {name}"),
                    UnsoundKind::Constraint => format!("ALTER TABLE {of} VALIDATE CONSTRAINT {name}"),
                    UnsoundKind::Index if is_special => {
                        format!("build it on the partitions that lack it, then ALTER INDEX {name} ATTACH PARTITION each")
                    }
                    UnsoundKind::Index => format!("REINDEX INDEX CONCURRENTLY {name}"),
                };
                Unsound {
                    kind,
                    name,
                    of,
                    is_under_way,
                    remedy,
                }
            })
            .collect())
    }
}
