//! What somebody decides about revisions without running them: stamps, resolutions, accepted edits.

use std::collections::HashSet;

use futures_util::future;
use tokio_postgres::Client;
use windlass_compiler::checksum::Checksum;
use windlass_compiler::format::RevisionId;
use windlass_compiler::graph::Target;

use super::remains::{self, Remains};
use super::revision::{is_over, steps_of};
use super::{Resolution, Runner};
use crate::error::{Error, ErrorKind, Result};
use crate::event::Direction;
use crate::journal::{self, Fence, RevisionRow, Snapshot, StepState, Write};
use crate::session;

impl Runner {
    /// Writes a stamp: what `target` needs is known as applied, the rest is not known.
    pub(super) async fn write_stamps(
        &self,
        client: &Client,
        target: &Target,
        journal: &Snapshot,
        fence: Fence,
    ) -> Result<Vec<RevisionId>> {
        let applied: Vec<RevisionId> = journal.revisions.iter().map(|row| row.id.clone()).collect();
        let goals = self
            .graph
            .resolve(target, &applied)
            .map_err(|problem| Error::input(problem.message.clone(), vec![problem]))?;
        let needed = self.graph.ancestors_of(&goals);
        let mut writes = Vec::new();
        let mut changed = Vec::new();
        let run_id = super::run_id();
        let stands: HashSet<&RevisionId> = journal
            .revisions
            .iter()
            .filter(|row| row.state.is_applied())
            .map(|row| &row.id)
            .collect();
        for id in self.graph.order().filter(|id| needed.contains(*id)) {
            if stands.contains(id) {
                continue;
            }
            let frozen = self.frozen(id, Direction::Up, None, &[], &[])?;
            writes.push(journal::forget_steps(id));
            writes.push(journal::start_revision(&frozen, &run_id));
            writes.push(journal::stamp_revision(id));
            writes.push(journal::record(id, None, "stamped", Some(&frozen.checksum), None));
            changed.push(id.clone());
        }
        for row in journal.revisions.iter().filter(|row| !needed.contains(&row.id)) {
            writes.push(journal::remove_revision(&row.id));
            writes.push(journal::record(&row.id, None, "unstamped", None, None));
            changed.push(row.id.clone());
        }
        commit(client, fence, &writes).await?;
        Ok(changed)
    }

    /// Writes what somebody decided.
    pub(super) async fn write_resolution(
        &self,
        client: &Client,
        resolution: &Resolution,
        journal: &Snapshot,
        fence: Fence,
    ) -> Result<String> {
        let (revision, step, state, word) = match resolution {
            Resolution::Done { revision, step } => (revision, *step, Some("done"), "done"),
            Resolution::Retry { revision, step } => (revision, *step, None, "to be tried again"),
            Resolution::Abandon { revision, step } => (revision, *step, Some("abandoned"), "abandoned"),
            Resolution::AcceptEdit { revision } => {
                return self.accept_edit(client, revision, journal, fence).await;
            }
        };
        let open = journal.steps.iter().find(|row| {
            row.revision == *revision
                && row.number == step
                && matches!(
                    row.state,
                    StepState::Intended | StepState::Unknown | StepState::Skipped
                )
        });
        let given_up = match resolution {
            Resolution::Retry { .. } if open.is_none() => swap_of(journal, revision, step),
            _ => None,
        };
        if let Some((row, remains)) = given_up {
            let writes = give_up(row, &remains, journal);
            commit(client, fence, &writes).await?;
            let steps: Vec<String> = remains.steps.iter().map(u32::to_string).collect();
            return Ok(format!("{revision}: steps {} are {word}", steps.join(", ")));
        }
        let Some(open) = open else {
            let known: Vec<String> = journal
                .steps
                .iter()
                .filter(|row| row.revision == *revision && !is_over(row.state))
                .map(|row| format!("step {}: {}", row.number, row.title))
                .collect();
            let error = Error::new(ErrorKind::BadInput, format!("{revision} has no open step {step}"));
            return Err(if known.is_empty() {
                error.hint("`windlass status` shows what waits for a decision")
            } else {
                known.into_iter().fold(error, Error::hint)
            });
        };
        let writes = [
            journal::resolve_step(revision, open.direction, step, state),
            journal::record(
                revision,
                None,
                "resolved",
                None,
                Some(&format!("step {step} {word}")),
            ),
        ];
        commit(client, fence, &writes).await?;
        Ok(format!("{revision}: step {step} is {word}"))
    }

    async fn accept_edit(
        &self,
        client: &Client,
        id: &RevisionId,
        journal: &Snapshot,
        fence: Fence,
    ) -> Result<String> {
        let file = self.file(id).ok_or_else(|| {
            Error::new(
                ErrorKind::BadInput,
                format!("the file of {id} is not in this directory"),
            )
        })?;
        let Some(row) = journal
            .revisions
            .iter()
            .find(|row| row.id == *id && row.state.is_applied())
        else {
            return Err(Error::new(
                ErrorKind::BadInput,
                format!("{id} is not applied, so there is nothing to accept"),
            ));
        };
        if row.checksum == file.checksum.as_str() {
            return Ok(format!("{id} is as it was applied; nothing to accept"));
        }
        let down = file.down_checksum.as_ref().map(Checksum::as_str);
        let writes = [
            journal::accept(
                id,
                file.checksum.as_str(),
                file.directives_checksum.as_str(),
                down,
            ),
            journal::record(
                id,
                None,
                "accepted",
                Some(file.checksum.as_str()),
                Some(&row.checksum),
            ),
        ];
        commit(client, fence, &writes).await?;
        Ok(format!("{id}: the edit is accepted"))
    }
}

/// The swap of a column that ended within, and that this step, which is done, belongs to.
fn swap_of<'j>(journal: &'j Snapshot, id: &RevisionId, step: u32) -> Option<(&'j RevisionRow, Remains)> {
    let mut rows = journal.revisions.iter();
    let row = rows.find(|row| row.id == *id && !row.state.is_applied())?;
    let plan = row.frozen()?;
    let done = steps_of(journal, id, row.direction);
    let is_done = |number| done.iter().any(|row| row.number == number && is_over(row.state));
    let open = plan.steps.iter().find(|step| !is_done(step.number))?;
    let remains = remains::remains(&plan, open.number)?;
    remains.steps.contains(&step).then_some((row, remains))
}

/// As if the swap had not begun; a revision that has done nothing else has not begun either.
fn give_up(row: &RevisionRow, remains: &Remains, journal: &Snapshot) -> Vec<Write> {
    let steps = steps_of(journal, &row.id, row.direction);
    let is_all = steps
        .iter()
        .all(|row| !is_over(row.state) || remains.steps.contains(&row.number));
    let numbers: Vec<String> = remains.steps.iter().map(u32::to_string).collect();
    let mut writes = match is_all && row.direction == Direction::Up {
        true => vec![journal::remove_revision(&row.id)],
        false => vec![
            journal::take_back_steps(&row.id, row.direction, &remains.steps),
            journal::forget_backfills(&row.id, &remains.batches),
        ],
    };
    let what = format!("gave up steps {}", numbers.join(", "));
    writes.push(journal::record(&row.id, None, "resolved", None, Some(&what)));
    writes
}

/// Writes to the journal in one transaction behind the fence, on the lock connection.
async fn commit(client: &Client, fence: Fence, writes: &[Write]) -> Result<()> {
    let failed = |error| session::failed(error, "failed to write the journal");
    client.batch_execute("BEGIN").await.map_err(failed)?;
    journal::fence(fence).send(client).await.map_err(failed)?;
    // A stamp of many revisions is tens of thousands of writes: to wait for each answer is most of its time.
    for writes in writes.chunks(TOGETHER) {
        for written in future::join_all(writes.iter().map(|write| write.send(client))).await {
            written.map_err(failed)?;
        }
    }
    client.batch_execute("COMMIT").await.map_err(failed)
}

/// How many writes are sent in one go.
const TOGETHER: usize = 256;
