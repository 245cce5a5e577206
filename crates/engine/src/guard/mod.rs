//! Data protection: what a step's own transaction would take from protected tables is counted before COMMIT,
//! and stops it.
//!
//! The counts are this transaction's own (`pg_stat_get_xact_*`, as a difference from its beginning), so that
//! live traffic does not blur them; columns, constraints, partitions and the tables themselves are compared
//! by identity, so that a renamed table stays protected. What looks like a loss is looked into by a second
//! attempt, see [`careful`]: a rolled-back savepoint counts as a loss (measured), an empty table loses nothing.

pub(crate) mod backup;
mod careful;
mod exact;
mod loss;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio_postgres::Client;
use tokio_postgres::types::Type;
use windlass_compiler::directive::{Allowance, Protect};
use windlass_compiler::format::RevisionId;
use windlass_compiler::plan::{PlannedStatement, Probe, ProtectedTable, Step};
use windlass_compiler::policy::Policy;
use windlass_compiler::sql::{self, quote_literal};

pub(crate) use backup::{Backing, BatchBacking, NotKept, UNBACKED, unbacked};
pub(crate) use careful::Looked;
pub(crate) use exact::Counted;
pub(crate) use loss::{Loss, refusal, refused_batch};
pub use loss::{LossKind, Lost};

use crate::error::{Error, ErrorKind, Result};
use crate::event::Direction;
use crate::session;

/// The SQLSTATE that `after.sql` raises.
pub(crate) const LOSS: &str = "WL004";

/// What is protected while a revision runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Guard {
    tables: Vec<Guarded>,
    /// The server counts rows (`track_counts`).
    counts: bool,
    /// There is nothing to lose: this run builds a new database.
    is_off: bool,
    /// Of what copies are made.
    #[serde(default)]
    backup: Option<backup::Rules>,
}

/// A protected table, and what may be taken from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Guarded {
    table: ProtectedTable,
    allows: Option<Allowance>,
}

/// Which step is guarded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) revision: &'a RevisionId,
    pub(crate) direction: Direction,
    /// None for a data change that no run waits for.
    pub(crate) run_id: Option<&'a str>,
}

/// What is sent around the statements of one step.
#[derive(Debug, Clone)]
pub(crate) struct Watching {
    /// Before the first statement.
    pub(crate) before: String,
    after: String,
}

impl Guard {
    /// The guard of a run that has nothing to lose.
    pub(crate) fn off() -> Self {
        Self {
            is_off: true,
            ..Self::default()
        }
    }

    /// The same, with copies of what goes, as the settings say.
    pub(crate) fn copying(self, policy: &Policy) -> Self {
        Self {
            backup: backup::Rules::of(&policy.guard, policy.stall_budget.value),
            ..self
        }
    }

    /// What the configuration and a revision's header protect, as it is now. A revision that is taken up
    /// again passes what was found when it began.
    pub(crate) async fn of(
        client: &Client,
        configured: &[String],
        said: &[Protect],
        begun: Option<Vec<ProtectedTable>>,
    ) -> Result<Self> {
        let mut patterns: Vec<String> = configured.to_vec();
        patterns.extend(said.iter().map(|protect| protect.table.clone()));
        patterns.sort();
        patterns.dedup();
        if patterns.is_empty() {
            return Ok(Self::default());
        }
        let rows = client
            .query_typed(include_str!("protected.sql"), &[(&patterns, Type::TEXT_ARRAY)])
            .await
            .map_err(|error| session::failed(error, "failed to find the protected tables"))?;
        let counts = rows.first().is_none_or(|row| row.get("counts"));
        let found = rows.iter().map(|row| ProtectedTable {
            pattern: row.get("pattern"),
            oid: row.get("oid"),
            columns: row.get("columns"),
            constraints: row.get("constraints"),
        });
        let mut tables: Vec<Guarded> = Vec::new();
        for table in begun.unwrap_or_else(|| found.clone().collect()) {
            // What is allowed is said by name, whoever else named the table.
            let allows = found
                .clone()
                .filter(|named| named.oid == table.oid)
                .map(|named| named.pattern)
                .chain([table.pattern.clone()])
                .find_map(|pattern| allowed(said, &pattern));
            match tables.iter_mut().find(|known| known.table.oid == table.oid) {
                Some(known) => known.allows = known.allows.or(allows),
                None => tables.push(Guarded { table, allows }),
            }
        }
        Ok(Self {
            tables,
            counts,
            is_off: false,
            backup: None,
        })
    }

    /// The protected tables, for the frozen plan.
    pub(crate) fn tables(&self) -> Vec<ProtectedTable> {
        self.tables.iter().map(|guarded| guarded.table.clone()).collect()
    }

    /// What is sent around `step`; none where nothing is protected and nothing is known to go away.
    pub(crate) fn watch(&self, step: &Step, place: Place<'_>) -> Option<Watching> {
        let named = step
            .statements
            .iter()
            .filter(|statement| statement.loses_data)
            .flat_map(|statement| statement.locks.iter())
            .map(|(relation, _)| relation);
        let named: BTreeSet<_> = named.collect();
        let named = named.into_iter().map(ToString::to_string);
        self.watching(named, &rewritten(step), &carried(step), step.number, place)
    }

    /// What is sent around each batch of a data change; `deletes_from` is the table that it deletes from.
    pub(crate) fn watch_batches(
        &self,
        deletes_from: Option<String>,
        step: u32,
        place: Place<'_>,
    ) -> Option<Watching> {
        self.watching(deletes_from.into_iter(), &[], &[], step, place)
    }

    fn watching(
        &self,
        named: impl Iterator<Item = String>,
        rewritten: &[String],
        carried: &[(String, String)],
        step: u32,
        place: Place<'_>,
    ) -> Option<Watching> {
        if self.is_off {
            return None;
        }
        let protected = self.tables.iter().map(|guarded| {
            let (delete, drop) = match guarded.allows {
                Some(Allowance::Delete(rows)) => (rows, false),
                Some(Allowance::Drop) => (0, true),
                None => (0, false),
            };
            let table = &guarded.table;
            json!({ "oid": table.oid, "delete": delete, "drop": drop, "protected": true,
                    "columns": table.columns, "constraints": table.constraints })
        });
        let named = named.map(|name| json!({ "name": name }));
        let asked: Vec<serde_json::Value> = protected.chain(named).collect();
        if asked.is_empty() {
            return None;
        }
        let asked = serde_json::Value::from(asked).to_string();
        let filled = |sql: &str| {
            sql.replace("{REVISION}", &quote_literal(place.revision.as_str()))
                .replace("{DIRECTION}", &quote_literal(place.direction.name()))
                .replace("{STEP}", &step.to_string())
                .replace(
                    "{RUN}",
                    &place.run_id.map_or_else(|| "NULL".to_owned(), quote_literal),
                )
        };
        let (carriers, columns): (Vec<&String>, Vec<&String>) =
            carried.iter().map(|(table, column)| (table, column)).unzip();
        Some(Watching {
            before: filled(include_str!("before.sql")).replace("{ASKED}", &quote_literal(&asked)),
            after: filled(include_str!("after.sql"))
                .replace("{REWRITES}", &array(rewritten))
                .replace("{CARRIERS}", &array(&carriers))
                .replace("{CARRIED}", &array(&columns)),
        })
    }

    /// What has to be looked into from the first attempt on, because the server does not count rows.
    pub(crate) fn uncounted(&self) -> Vec<Loss> {
        if self.is_off || self.counts {
            return Vec::new();
        }
        let not_free = self
            .tables
            .iter()
            .filter(|guarded| guarded.allows != Some(Allowance::Drop));
        not_free
            .map(|Guarded { table, allows }| Loss::uncounted(table.oid, &table.pattern, *allows))
            .collect()
    }

    /// What a statement that commits by itself would take, where that is known beforehand: nobody could roll it
    /// back.
    pub(crate) async fn refuse_alone(&self, client: &Client, statement: &PlannedStatement) -> Result<()> {
        let Probe::Detach { parent, partition } = statement.probe() else {
            return Ok(());
        };
        let parent = client
            .query_typed_one(
                "SELECT pg_catalog.to_regclass($1)::oid",
                &[(&parent.to_string(), Type::TEXT)],
            )
            .await
            .map_err(session::lost)?;
        let parent: Option<u32> = parent.get(0);
        let is_protected =
            |guarded: &Guarded| Some(guarded.table.oid) == parent && guarded.allows != Some(Allowance::Drop);
        match self.tables.iter().find(|guarded| is_protected(guarded)) {
            Some(Guarded { table, .. }) => Err(refusal(&[Loss::partition(
                table.oid,
                &partition.to_string(),
                &table.pattern,
            )])),
            None => Ok(()),
        }
    }

    /// Whether something is protected.
    pub(crate) fn protects(&self) -> bool {
        !self.tables.is_empty()
    }
}

impl Watching {
    /// Sent behind the last statement, once deferred constraints have fired. `settled` are tables that
    /// lose nothing whatever it looks like, `recounted` those whose rows are counted in another way.
    pub(crate) fn after(&self, settled: &[u32], recounted: &[u32]) -> String {
        self.after
            .replace("{SETTLED}", &array(settled))
            .replace("{RECOUNTED}", &array(recounted))
    }
}

fn array(members: &[impl ToString]) -> String {
    let members: Vec<String> = members.iter().map(ToString::to_string).collect();
    format!("ARRAY[{}]", members.join(", "))
}

fn allowed(said: &[Protect], pattern: &str) -> Option<Allowance> {
    let mut named = said.iter().filter(|protect| protect.table == pattern);
    named.find_map(|protect| protect.allow.as_ref().map(|(allowance, _)| *allowance))
}

/// The tables that the step's statements are known to write anew, rows and all: none where another
/// statement of it may empty them.
fn rewritten(step: &Step) -> Vec<String> {
    let empties = |statement: &PlannedStatement| statement.kind == "truncate" || statement.opaque;
    if step.statements.iter().any(|statement| empties(statement)) {
        return Vec::new();
    }
    let written: BTreeSet<_> = step
        .statements
        .iter()
        .filter(|statement| !statement.catalog_only)
        .flat_map(|statement| statement.locks.iter())
        .filter(|(_, mode)| mode.blocks_reads())
        .map(|(relation, _)| relation)
        .collect();
    written
        .into_iter()
        .map(|relation| {
            let name = quote_literal(&relation.to_string());
            format!("pg_catalog.to_regclass({name})::oid")
        })
        .collect()
}

/// The columns that the step's safe forms drop and put others of the same names in the place of: table and column, as
/// expressions.
fn carried(step: &Step) -> Vec<(String, String)> {
    let is_kept = |statement: &PlannedStatement| {
        let is_ours = statement
            .rewrite
            .as_ref()
            .is_some_and(|rewrite| rewrite.of.is_some());
        is_ours && !statement.loses_data
    };
    let kept = step.statements.iter().filter(|statement| is_kept(statement));
    kept.filter_map(|statement| sql::parse(&statement.sql).ok()?.drops_column())
        .map(|(relation, column)| {
            let name = quote_literal(&relation.to_string());
            (
                format!("pg_catalog.to_regclass({name})::oid"),
                quote_literal(&column),
            )
        })
        .collect()
}

/// The refusal of a step whose settings were reset, which is where before.sql keeps what it saw.
pub(crate) fn blinded() -> Error {
    Error::new(
        ErrorKind::Refused,
        "the step resets all settings of its transaction, so that nobody could count what it takes from protected tables",
    )
    .hint("take RESET ALL or DISCARD out of the script; Windlass cleans the session after each revision")
}
