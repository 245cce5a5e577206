//! Checks that no revision has to write: the columns that revisions declare are there with their types, the indexes
//! are there and valid, constraints are validated. Asked after an upgrade of what it declared, and on demand of all.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use tokio_postgres::Client;
use tokio_postgres::types::Type;
use windlass_compiler::declared::{Declared, is_of_type};
use windlass_compiler::format::RevisionId;
use windlass_compiler::sql;

use super::verify::{Offenders, SHOWN, Verdict};
use super::{Runner, UnsoundKind};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Direction, Event, Observe};
use crate::journal;
use crate::session::{self, Purpose};
use crate::standing::standing;

/// A check that no revision has to write.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BuiltIn {
    /// Its name: `columns`, `indexes` or `constraints`.
    pub name: &'static str,
    /// What it says is true.
    pub text: String,
    /// Whether it is.
    pub verdict: Verdict,
    /// How long the answer took.
    pub took: Duration,
    /// The first that are in the way.
    pub offenders: Option<Offenders>,
}

/// A declaration that the database does not keep: revision, table, part, what is declared, what is found.
type Broken = [String; 5];

impl Runner {
    /// The built-in checks, of what the applied revisions declare; of `only` these where it is not empty, and not of
    /// `except`. Takes no lock.
    ///
    /// # Errors
    /// No connection, a journal or a file that cannot be read.
    pub async fn verify_built_in(&self, only: &[RevisionId], except: &[RevisionId]) -> Result<Vec<BuiltIn>> {
        let session = self.open(Purpose::Lock).await?;
        let journal = journal::read(session.client()).await?;
        let applied: HashSet<RevisionId> = standing(&self.directory, &self.graph, &journal)
            .applied
            .into_iter()
            .collect();
        let order: Vec<RevisionId> = self
            .graph
            .order()
            .filter(|id| applied.contains(*id))
            .cloned()
            .collect();
        let declared = self.declared(&order)?;
        let is_asked = |id: &RevisionId| !except.contains(id) && (only.is_empty() || only.contains(id));
        let mut found = self
            .asked_of(session.client(), &declared, &order, &is_asked)
            .await?;
        if only.is_empty() {
            found.push(self.constraints().await?);
        }
        Ok(found)
    }

    /// Asks for what a run's revisions declared, once it is done.
    pub(super) async fn verify_run(
        &self,
        client: &Client,
        ids: &[RevisionId],
        observer: &dyn Observe,
    ) -> Result<()> {
        let declared = self.declared(ids)?;
        for check in self.asked_of(client, &declared, ids, &|_| true).await? {
            match (&check.verdict, &check.offenders) {
                (Verdict::Holds, _) => observer.event(Event::Verified {
                    name: check.name,
                    text: check.text,
                    took: check.took,
                }),
                (_, offenders) => {
                    let rows = offenders.iter().flat_map(|offenders| &offenders.rows);
                    let words = rows.map(|row| {
                        let cells: Vec<&str> = row.iter().map(|cell| cell.as_deref().unwrap_or("")).collect();
                        format!(
                            "{} ({}): {} declared, {} found",
                            cells[1], cells[0], cells[2], cells[3]
                        )
                    });
                    let error = Error::new(
                        ErrorKind::Unverified,
                        format!("not as the revisions declare: {}", check.text),
                    );
                    let error = words.fold(error, Error::hint);
                    return Err(error.hint(
                        "what ran is committed: a new revision mends it; `windlass verify` asks again",
                    ));
                }
            }
        }
        Ok(())
    }

    /// What revisions declare together, in this order; the mark is the place in it.
    fn declared(&self, ids: &[RevisionId]) -> Result<Declared> {
        // Many small scripts: the stack for deep statements is had once for all of them.
        sql::deep(|| self.declared_here(ids))
    }

    fn declared_here(&self, ids: &[RevisionId]) -> Result<Declared> {
        let mut declared = Declared::default();
        for (mark, id) in ids.iter().enumerate() {
            declared.begin();
            // A revision whose file is gone declares nothing that anybody can read.
            if self.file(id).is_none() {
                declared.forget();
                continue;
            }
            for statement in self.prepare(id, Direction::Up)?.statements {
                let planned = &statement.planned;
                if planned.opaque {
                    declared.forget();
                }
                if planned.changes_session && planned.sql.to_ascii_lowercase().contains("search_path") {
                    declared.look_elsewhere();
                }
                // They declare nothing, and there can be very many: each would be parsed once more.
                let changes_rows = matches!(planned.kind, "insert" | "update" | "delete" | "merge" | "copy");
                if !statement.best_effort && !changes_rows {
                    declared.follow(&planned.sql, mark);
                }
                // A background job takes its temporary indexes away when it is done.
                let job = planned
                    .backfill
                    .as_ref()
                    .and_then(|batches| batches.deferred.as_ref());
                for index in job.iter().flat_map(|job| &job.temporary) {
                    declared.follow(&format!("DROP INDEX {index}"), mark);
                }
            }
        }
        Ok(declared)
    }

    async fn asked_of(
        &self,
        client: &Client,
        declared: &Declared,
        ids: &[RevisionId],
        is_asked: &(dyn Fn(&RevisionId) -> bool + Sync),
    ) -> Result<Vec<BuiltIn>> {
        let columns: Vec<_> = declared
            .columns()
            .filter(|column| is_asked(&ids[column.mark]))
            .collect();
        let indexes: Vec<_> = declared
            .indexes()
            .filter(|index| is_asked(&ids[index.mark]))
            .collect();
        if columns.is_empty() && indexes.is_empty() {
            return Ok(Vec::new());
        }
        let texts = |texts: &mut dyn Iterator<Item = String>| texts.collect::<Vec<String>>();
        let began = Instant::now();
        let rows = client
            .query_typed(
                include_str!("declared.sql"),
                &[
                    (
                        &texts(&mut columns.iter().map(|column| column.relation.to_string())),
                        Type::TEXT_ARRAY,
                    ),
                    (
                        &texts(&mut columns.iter().map(|column| column.name.clone())),
                        Type::TEXT_ARRAY,
                    ),
                    (
                        &texts(&mut indexes.iter().map(|index| index.relation.to_string())),
                        Type::TEXT_ARRAY,
                    ),
                    (
                        &texts(&mut indexes.iter().map(|index| index.name.clone())),
                        Type::TEXT_ARRAY,
                    ),
                ],
            )
            .await
            .map_err(|error| session::failed(error, "failed to ask for what the revisions declare"))?;
        let took = began.elapsed();
        let (mut wrong_columns, mut wrong_indexes): (Vec<Broken>, Vec<Broken>) = (Vec::new(), Vec::new());
        for row in &rows {
            let place = usize::try_from(row.get::<_, i64>("place") - 1).unwrap_or(0);
            let (has_table, found): (bool, Option<String>) = (row.get("has_table"), row.get("found"));
            let absent = if has_table { "nothing" } else { "no such table" };
            if row.get::<_, &str>("kind") == "column" {
                let column = columns[place];
                let is_there = found
                    .as_ref()
                    .is_some_and(|found| is_of_type(&column.data_type, found));
                if !is_there {
                    wrong_columns.push([
                        ids[column.mark].to_string(),
                        column.relation.to_string(),
                        column.name.clone(),
                        column.data_type.to_string(),
                        found.unwrap_or_else(|| absent.to_owned()),
                    ]);
                }
            } else {
                let index = indexes[place];
                let state = match (found.is_some(), row.get("is_valid")) {
                    (true, true) => continue,
                    (true, false) => "not valid",
                    (false, _) => absent,
                };
                wrong_indexes.push([
                    ids[index.mark].to_string(),
                    index.relation.to_string(),
                    index.name.clone(),
                    "valid".to_owned(),
                    state.to_owned(),
                ]);
            }
        }
        let mut checks = Vec::new();
        if !columns.is_empty() {
            let text = format!("{} as declared", count(columns.len(), "column", "columns"));
            checks.push(built_in("columns", text, took, wrong_columns));
        }
        if !indexes.is_empty() {
            let text = format!("{} valid", count(indexes.len(), "index", "indexes"));
            checks.push(built_in("indexes", text, took, wrong_indexes));
        }
        Ok(checks)
    }

    async fn constraints(&self) -> Result<BuiltIn> {
        let began = Instant::now();
        let unsound = self.unsound().await?;
        let open = unsound
            .into_iter()
            .filter(|one| one.kind == UnsoundKind::Constraint);
        let broken = open.map(|one| {
            [
                String::new(),
                one.of,
                one.name,
                "validated".to_owned(),
                "not validated".to_owned(),
            ]
        });
        Ok(built_in(
            "constraints",
            "every constraint validated".to_owned(),
            began.elapsed(),
            broken.collect(),
        ))
    }
}

fn built_in(name: &'static str, text: String, took: Duration, broken: Vec<Broken>) -> BuiltIn {
    let verdict = if broken.is_empty() {
        Verdict::Holds
    } else {
        Verdict::Fails
    };
    let offenders = (!broken.is_empty()).then(|| Offenders {
        columns: ["revision", "of", "declared", "found"]
            .map(str::to_owned)
            .to_vec(),
        more: broken.len() > SHOWN,
        rows: broken
            .into_iter()
            .take(SHOWN)
            .map(|[revision, table, part, declared, found]| {
                [revision, format!("{table}.{part}"), declared, found]
                    .map(Some)
                    .to_vec()
            })
            .collect(),
    });
    BuiltIn {
        name,
        text,
        verdict,
        took,
        offenders,
    }
}

fn count(number: usize, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}
