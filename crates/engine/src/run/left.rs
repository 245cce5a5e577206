//! What is left of a revision: all of its plan, or what an earlier run did not get to, with edits of what is not done yet.

use std::sync::Arc;

use windlass_compiler::format::RevisionId;
use windlass_compiler::plan::{self, Freezing, FrozenPlan, Prepared, Resumption, Step};

use super::Runner;
use super::attempt::one_line;
use super::revision::{is_over, steps_of, unknown};
use crate::error::{Error, ErrorKind, Result};
use crate::event::Direction;
use crate::journal::{FrozenRevision, RevisionRow, Snapshot, StepRow};

/// What a revision still needs.
pub(super) struct Left {
    pub(super) steps: Vec<Step>,
    /// The undone rest was edited since it was begun.
    pub(super) replanned: bool,
}

impl Runner {
    /// The steps that a revision still needs.
    pub(super) fn steps_left(
        &self,
        id: &RevisionId,
        direction: Direction,
        journal: &Snapshot,
        prepared: &Prepared,
    ) -> Result<Left> {
        let row = journal.revisions.iter().find(|row| row.id == *id);
        let started = row.filter(|row| row.is_under_way(direction));
        if let Some(row) = started
            && let Some(frozen) = &row.plan
        {
            let frozen: FrozenPlan = serde_json::from_value(frozen.clone()).map_err(|error| {
                Error::new(
                    ErrorKind::Diverged,
                    format!("failed to read the frozen plan of {id}"),
                )
                .caused_by(error)
                .hint(format!(
                    "its row in windlass.revision is not as windlass wrote it: bring it back from a backup; \
                     `windlass show {id}` says which steps are done"
                ))
                .hint(match direction {
                    Direction::Up => {
                        format!("without a backup: do what is left of it by hand, then `windlass stamp {id}`")
                    }
                    Direction::Down => "without a backup: do what is left of the way back by hand, then \
                         `windlass stamp` the revision before it"
                        .to_owned(),
                })
            })?;
            let rows = steps_of(journal, id, direction);
            let over = |number| rows.iter().any(|row| row.number == number && is_over(row.state));
            let open = |number| rows.iter().any(|row| row.number == number && row.is_open());
            return match plan::resume(&frozen, prepared, over, open) {
                Resumption::AsFrozen(steps) => Ok(Left {
                    steps,
                    replanned: false,
                }),
                Resumption::Replanned(steps) => Ok(Left {
                    steps,
                    replanned: true,
                }),
                Resumption::BegunWasEdited { step, ran } => Err(begun_was_edited(id, step, &ran)),
                Resumption::DoneWasEdited { step, ran, now, line } => {
                    Err(done_was_edited(id, step, &ran, now, line))
                }
            };
        }
        if started.is_none() && row.is_some_and(|row| !row.state.is_applied()) {
            return Err(Error::new(
                ErrorKind::Diverged,
                format!("{id} is half-way in the other direction"),
            )
            .hint(match direction {
                Direction::Up => "finish the downgrade first: windlass downgrade -1".to_owned(),
                Direction::Down => format!("finish it first: windlass upgrade {id}"),
            }));
        }
        let steps = plan::steps(&prepared.statements, prepared.mode, 1);
        Ok(Left {
            steps,
            replanned: false,
        })
    }

    /// What is frozen when the revision is begun or taken up again.
    pub(super) fn frozen(
        &self,
        id: &RevisionId,
        direction: Direction,
        row: Option<&RevisionRow>,
        steps: &[Step],
        rows: &[&StepRow],
    ) -> Result<FrozenRevision> {
        let file = self.file(id).ok_or_else(|| {
            Error::new(
                ErrorKind::Diverged,
                format!("the file of {id} is not in this directory"),
            )
        })?;
        let before = row
            .filter(|row| row.direction == direction)
            .and_then(RevisionRow::frozen);
        let finished: Vec<_> = before
            .into_iter()
            .flat_map(|plan| plan.steps)
            .filter(|step| {
                rows.iter()
                    .any(|row| row.number == step.number && is_over(row.state))
            })
            .collect();
        let plan = Freezing {
            done: finished,
            steps: steps.to_vec(),
            ..Freezing::default()
        };
        if !plan.fits() {
            let count: usize = steps.iter().map(|step| step.statements.len()).sum();
            return Err(Error::new(
                ErrorKind::BadInput,
                format!("{id} has {count} statements, and its plan would be larger than the journal can hold"),
            )
            .hint("split the file, or write many rows with one statement: INSERT with several rows, COPY … FROM STDIN"));
        }
        Ok(FrozenRevision {
            id: id.clone(),
            direction,
            parents: self.graph.parents(id),
            labels: file.header.labels.clone(),
            replaces: file.header.replaces.clone(),
            checksum: file.checksum.as_str().to_owned(),
            directives_checksum: file.directives_checksum.as_str().to_owned(),
            down_checksum: file
                .down_checksum
                .as_ref()
                .map(|checksum| checksum.as_str().to_owned()),
            plan: Arc::new(plan),
        })
    }
}

fn done_was_edited(id: &RevisionId, step: u32, ran: &str, now: Option<String>, line: Option<usize>) -> Error {
    let place = line.map_or(String::new(), |line| format!(" (line {line})"));
    Error::new(
        ErrorKind::Diverged,
        format!("{id} was edited where it is already done: step {step}{place}"),
    )
    .hint(format!("ran: {}", one_line(ran)))
    .hint(format!(
        "now: {}",
        now.map_or_else(|| "nothing".to_owned(), |now| one_line(&now))
    ))
    .hint("undo the edit; what is not done yet may be edited freely")
}

fn begun_was_edited(id: &RevisionId, step: u32, ran: &str) -> Error {
    unknown(id, step, &one_line(ran))
        .hint("the file does not hold it any more: put it back as it was, unless `retry` is the answer")
}
