//! One revision: its plan frozen or taken up again, its steps in order.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use futures_util::future;
use tokio_postgres::types::Type;
use windlass_compiler::diagnostic::Diagnostic;
use windlass_compiler::directive::Protect;
use windlass_compiler::format::RevisionId;
use windlass_compiler::lane::Lane;
use windlass_compiler::plan::{self, Freezing, FrozenPlan, Prepared, Resumption, Shape, Step};

use super::attempt::{self, one_line};
use super::remains::{self, Remains};
use super::work::{Job, Work, to_decide};
use super::{Resolution, Runner, Scripts};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Direction, Event, StepName};
use crate::guard::Guard;
use crate::history::Change;
use crate::journal::{
    self, Fence, FrozenRevision, RevisionRow, Snapshot, StepEnd, StepRow, StepState, Write,
};
use crate::session;
use windlass_compiler::graph::Target;

/// What a revision still needs.
pub(super) struct Left {
    pub(super) steps: Vec<Step>,
    /// What its author should know.
    pub(super) warnings: Vec<Diagnostic>,
    /// The undone rest was edited since it was begun.
    pub(super) replanned: bool,
}

impl Runner {
    /// Runs revisions in order.
    pub(super) async fn revisions(
        &self,
        work: &mut Work<'_>,
        ids: &[RevisionId],
        direction: Direction,
        journal: &Snapshot,
        scripts: &mut Scripts,
    ) -> Result<()> {
        let mut rest = ids;
        super::backfill::may_skip_triggers(work, scripts.values()).await?;
        let is_unused = direction == Direction::Up && super::work::is_unused(work.session.client()).await?;
        let protects = !self.policy.protect.value.is_empty()
            || scripts.values().any(|prepared| !prepared.protects.is_empty());
        work.was_unused = is_unused;
        if protects {
            work.builds = is_unused || journal::builds_on(work.lock.client(), &work.run_id).await?;
            if work.builds {
                let note = journal::note_building(&work.run_id);
                note.send(work.lock.client()).await.map_err(session::lost)?;
            }
        }
        let shares =
            direction == Direction::Up && work.history.is_the_journal() && work.session.reads_as_parsed();
        let can_share = if is_unused {
            can_be_grouped
        } else {
            makes_nobody_wait
        };
        // A group that failed is done one by one, to find the revision that is at fault.
        let mut one_by_one = 0;
        while let Some(id) = rest.first() {
            work.stop.check()?;
            if shares && one_by_one == 0 {
                let group = self.group(rest, journal, scripts, can_share)?;
                if group.len() > 1 {
                    if self.together(work, &group).await? {
                        rest = &rest[group.len()..];
                    } else {
                        one_by_one = group.len();
                    }
                    continue;
                }
            }
            // One that another runner took back meanwhile was not parsed.
            let prepared = match scripts.remove(id) {
                Some(prepared) => prepared,
                None => self.prepare(id, direction)?,
            };
            self.revision(work, id, direction, journal, prepared).await?;
            rest = &rest[1..];
            one_by_one = one_by_one.saturating_sub(1);
        }
        Ok(())
    }

    /// The next revisions that share a transaction, since a commit each would be most of the time: on a database that
    /// nobody uses yet there is no traffic to protect; on one in use they make nobody wait.
    fn group<'i>(
        &self,
        ids: &'i [RevisionId],
        journal: &Snapshot,
        scripts: &Scripts,
        can_share: fn(&Step) -> bool,
    ) -> Result<Vec<(&'i RevisionId, Step)>> {
        const MOST: usize = 50;
        let mut group = Vec::new();
        for id in ids.iter().take(MOST) {
            let Some(prepared) = scripts.get(id) else { break };
            let begun = journal.revisions.iter().any(|row| row.id == *id);
            let waits = self
                .file(id)
                .is_none_or(|file| !file.header.requires_backfills.is_empty());
            if begun || waits {
                break;
            }
            let steps = self.steps_left(id, Direction::Up, journal, prepared)?.steps;
            match <[Step; 1]>::try_from(steps) {
                Ok([step]) if can_share(&step) => group.push((id, step)),
                _ => break,
            }
        }
        Ok(group)
    }

    /// Runs revisions of one step each in one transaction. Whether it was committed: what it fails with is found
    /// again, and told, by the revision that is at fault.
    async fn together(&self, work: &mut Work<'_>, group: &[(&RevisionId, Step)]) -> Result<bool> {
        let began = Instant::now();
        let names: Vec<_> = group.iter().map(|(id, step)| step_name(id, step, 1)).collect();
        let mut frozen = Vec::with_capacity(group.len());
        for ((id, step), name) in group.iter().zip(&names) {
            let steps = std::slice::from_ref(step);
            let revision = self.frozen(id, Direction::Up, None, steps, &[])?;
            frozen.push((revision, done_at_once(name)));
        }
        let write = journal::apply_revisions(&frozen, &work.run_id)?;
        let steps: Vec<&Step> = group.iter().map(|(_, step)| step).collect();
        let Some(stalled) = work.group(&names, &steps, &write).await? else {
            return Ok(false);
        };
        let took = began.elapsed() / u32::try_from(group.len()).unwrap_or(1);
        for name in names {
            work.grouped(name, took, stalled);
        }
        Ok(true)
    }

    async fn revision(
        &self,
        work: &mut Work<'_>,
        id: &RevisionId,
        direction: Direction,
        journal: &Snapshot,
        mut prepared: Prepared,
    ) -> Result<()> {
        let began = Instant::now();
        match direction {
            Direction::Up => self.require_backfills(work, id).await?,
            Direction::Down => work.cancel_backfills(id).await?,
        }
        settle(work.session.client(), &mut prepared).await?;
        let row = journal.revisions.iter().find(|row| row.id == *id);
        let rows = steps_of(journal, id, direction);
        let Left { steps, replanned, .. } = self.steps_left(id, direction, journal, &prepared)?;
        if direction == Direction::Up && row.is_some() {
            super::backfill::keep_their_names(work, id, &steps).await?;
        }
        let protects = prepared.protects;
        drop(prepared.statements);
        let done: Vec<_> = rows.iter().filter(|row| is_over(row.state)).collect();
        let of = u32::try_from(done.len() + steps.len()).unwrap_or(u32::MAX);
        work.observer.event(Event::RevisionStarted {
            revision: id.clone(),
            steps: of,
            done: u32::try_from(done.len()).unwrap_or(u32::MAX),
        });
        if replanned {
            work.observer.event(Event::Replanned { revision: id.clone() });
        }
        let guard = match work.builds {
            true => Guard::off(),
            false => {
                self.guard(work.session.client(), id, direction, journal, &protects)
                    .await?
            }
        };
        let mut frozen = self.frozen(id, direction, row, &steps, &rows)?;
        frozen.protects(&guard.tables());
        frozen.made_for(work.fingerprint.as_deref());
        let is_whole = row.is_none()
            && rows.is_empty()
            && direction == Direction::Up
            && work.history.is_the_journal()
            && matches!(steps.as_slice(), [step] if step.shape == Shape::Transaction && !step.best_effort);
        let mut before = Vec::new();
        if !is_whole {
            before.push(journal::start_revision(&frozen, &work.run_id));
        }
        if direction == Direction::Down && rows.is_empty() {
            before.push(journal::revert_steps(id));
        }
        // Steps that refuse a transaction leave the settings of those before them as they are.
        let mut session = done.iter().rev().find_map(|row| row.session.clone());
        if replanned {
            self.left_behind(work, row, &rows, &steps, session.as_deref())
                .await?;
        }
        let last = steps.last().map(|step| step.number);
        for step in &steps {
            let name = step_name(id, step, of);
            let is_last = Some(step.number) == last;
            let job = Job {
                step,
                name,
                direction,
                before: std::mem::take(&mut before),
                whole: is_whole.then(|| frozen.clone()),
                after: if is_last && !is_whole {
                    self.finish(work, id, direction, &frozen)
                } else {
                    Vec::new()
                },
                session: session.clone(),
                keep_session: !is_last
                    && step.shape == Shape::Transaction
                    && (step.changes_session() || session.is_some()),
                again: rows.iter().any(|row| row.number == step.number && row.is_open()),
                guard: &guard,
            };
            let kept = job.keep_session;
            let name = job.name.clone();
            if let Err(error) = work.step(job).await {
                let error = error.at_step(name.clone());
                let error = work
                    .compensate(id, direction, &frozen.plan, (step, &name), error)
                    .await;
                return Err(remains::told(error, id, &frozen.plan.frozen(), step.number));
            }
            if kept {
                session = saved_session(work, id, direction, step.number).await?;
            }
        }
        if steps.is_empty() {
            before.extend(self.nothing_left(work, id, direction, &frozen)?);
            work.note(&before).await?;
        }
        work.report.revisions.push(id.clone());
        work.observer.event(Event::RevisionDone {
            revision: id.clone(),
            direction,
            took: began.elapsed(),
        });
        Ok(())
    }

    /// What the journal is told of a revision without a step that is left.
    fn nothing_left(
        &self,
        work: &Work<'_>,
        id: &RevisionId,
        direction: Direction,
        frozen: &FrozenRevision,
    ) -> Result<Vec<Write>> {
        let file = self.file(id);
        let remark = file.map(|file| self.elsewhere(file)).transpose()?.flatten();
        let Some(remark) = remark.filter(|_| direction == Direction::Up) else {
            // Only comments, or all its steps were done when an earlier run was interrupted.
            return Ok(self.finish(work, id, direction, frozen));
        };
        let checksum = Some(frozen.checksum.as_ref());
        let stamped = journal::record(id, Some(&work.run_id), "stamped", checksum, Some(&remark));
        work.observer.event(Event::Warning {
            message: remark,
            hint: None,
        });
        Ok(vec![journal::stamp_revision(id), stamped])
    }

    /// Looks at what the begun steps left that the edited rest no longer has.
    async fn left_behind(
        &self,
        work: &mut Work<'_>,
        row: Option<&RevisionRow>,
        rows: &[&StepRow],
        steps: &[Step],
        session: Option<&str>,
    ) -> Result<()> {
        let plan = row.and_then(|row| row.plan.clone());
        let Some(plan) = plan.and_then(|plan| serde_json::from_value::<FrozenPlan>(plan).ok()) else {
            return Ok(());
        };
        let is_gone = |row: &&&StepRow| row.is_open() && steps.iter().all(|step| step.number != row.number);
        for row in rows.iter().filter(is_gone) {
            let step = plan.steps.iter().find(|step| step.number == row.number);
            if let Some((step, ran)) = step.and_then(|step| Some((step, step.statements.first()?))) {
                let name = StepName {
                    revision: row.revision.clone(),
                    number: row.number,
                    of: row.number,
                    lane: step.lane.parse().unwrap_or(Lane::Index),
                    title: one_line(&ran.sql),
                };
                work.left_behind(&name, ran, session).await?;
            }
        }
        Ok(())
    }

    /// What is protected while a revision runs: what was when it began, if it is taken up again.
    pub(super) async fn guard(
        &self,
        client: &tokio_postgres::Client,
        id: &RevisionId,
        direction: Direction,
        journal: &Snapshot,
        protects: &[Protect],
    ) -> Result<Guard> {
        let row = journal.revisions.iter().find(|row| row.id == *id);
        let begun = row
            .filter(|row| !row.state.is_applied() && row.direction == direction)
            .and_then(|row| row.plan.clone())
            .and_then(|plan| serde_json::from_value::<FrozenPlan>(plan).ok())
            .map(|plan| plan.protected);
        let guard = Guard::of(client, &self.policy.protect.value, protects, begun).await?;
        Ok(guard.copying(&self.policy))
    }

    /// The steps that a revision still needs, and what its author should know.
    pub(super) fn steps_left(
        &self,
        id: &RevisionId,
        direction: Direction,
        journal: &Snapshot,
        prepared: &Prepared,
    ) -> Result<Left> {
        let row = journal.revisions.iter().find(|row| row.id == *id);
        let started = row.filter(|row| !row.state.is_applied() && row.direction == direction);
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
                    warnings: prepared.warnings.clone(),
                    replanned: false,
                }),
                Resumption::Replanned(steps) => Ok(Left {
                    steps,
                    warnings: prepared.warnings.clone(),
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
            warnings: prepared.warnings.clone(),
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
        let before: Option<FrozenPlan> = row
            .filter(|row| row.direction == direction)
            .and_then(|row| row.plan.clone())
            .and_then(|plan| serde_json::from_value(plan).ok());
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

    fn finish(
        &self,
        work: &Work<'_>,
        id: &RevisionId,
        direction: Direction,
        frozen: &FrozenRevision,
    ) -> Vec<Write> {
        work.history.record(&Change {
            revision: id,
            direction,
            checksum: &frozen.checksum,
            run_id: &work.run_id,
        })
    }

    /// Writes a stamp: what `target` needs is known as applied, the rest is not known.
    pub(super) async fn write_stamps(
        &self,
        client: &tokio_postgres::Client,
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
        client: &tokio_postgres::Client,
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
        client: &tokio_postgres::Client,
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
        let down = file
            .down_checksum
            .as_ref()
            .map(windlass_compiler::checksum::Checksum::as_str);
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
    let plan: FrozenPlan = serde_json::from_value(row.plan.clone()?).ok()?;
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

/// Asks the server what the text of a script does not say: which of its tables are partitioned.
pub(super) async fn settle(client: &tokio_postgres::Client, prepared: &mut Prepared) -> Result<()> {
    let asked = prepared.perhaps_partitioned();
    if asked.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = asked.iter().map(ToString::to_string).collect();
    let rows = client
        .query_typed(
            "SELECT name FROM pg_catalog.unnest($1) AS asked (name) \
               JOIN pg_catalog.pg_class ON oid = pg_catalog.to_regclass(name) WHERE relkind IN ('p', 'I')",
            &[(&names, Type::TEXT_ARRAY)],
        )
        .await
        .map_err(session::lost)?;
    let partitioned: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    prepared.partitioned(|relation| partitioned.contains(&relation.to_string()));
    Ok(())
}

/// Writes to the journal in one transaction behind the fence, on the lock connection.
async fn commit(client: &tokio_postgres::Client, fence: Fence, writes: &[Write]) -> Result<()> {
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

/// The end of a step of a group.
fn done_at_once(name: &StepName) -> StepEnd<'_> {
    StepEnd {
        revision: &name.revision,
        direction: Direction::Up,
        number: name.number,
        lane: name.lane.name(),
        title: &name.title,
        attempts: 1,
        warning: None,
    }
}

/// Whether a step can share its transaction with other revisions: nothing of it outlives the
/// transaction, and nothing of it is read.
fn can_be_grouped(step: &Step) -> bool {
    step.shape == Shape::Transaction
        && !step.best_effort
        && !step.changes_session()
        && step.statements.iter().all(|statement| {
            statement.copy_data.is_none()
                && statement.assertion.is_none()
                && statement.kind != "alter_type_add_value"
        })
}

/// Whether a step only creates what was not there, so that it can share its transaction also where there is traffic.
fn makes_nobody_wait(step: &Step) -> bool {
    can_be_grouped(step)
        && attempt::goes_at_once(step)
        && step
            .statements
            .iter()
            .all(|it| it.lane == Lane::Ddl && it.kind.starts_with("create_"))
}

async fn saved_session(
    work: &Work<'_>,
    id: &RevisionId,
    direction: Direction,
    number: u32,
) -> Result<Option<String>> {
    let journal = journal::read(work.lock.client()).await?;
    Ok(steps_of(&journal, id, direction)
        .into_iter()
        .find(|row| row.number == number)
        .and_then(|row| row.session.clone()))
}

pub(super) fn steps_of<'j>(journal: &'j Snapshot, id: &RevisionId, direction: Direction) -> Vec<&'j StepRow> {
    journal
        .steps
        .iter()
        .filter(|row| row.revision == *id && row.direction == direction)
        .collect()
}

pub(super) fn is_over(state: StepState) -> bool {
    matches!(state, StepState::Done | StepState::Skipped | StepState::Abandoned)
}

pub(super) fn step_name(id: &RevisionId, step: &Step, of: u32) -> StepName {
    let title = step
        .statements
        .first()
        .map_or("", |statement| statement.sql.as_str());
    let more = step.statements.len().saturating_sub(1);
    let title = match (more, step.shape) {
        (0, _) | (_, Shape::Alone | Shape::Backfill) => one_line(title),
        (more, Shape::Transaction) => format!("{} (+{more})", one_line(title)),
    };
    StepName {
        revision: id.clone(),
        number: step.number,
        of: of.max(step.number),
        lane: step.lane,
        title,
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

/// The error of a revision that waits for a decision.
pub(super) fn unknown_outcome(id: &RevisionId, journal: &Snapshot) -> Error {
    match journal
        .steps
        .iter()
        .find(|row| row.revision == *id && row.state == StepState::Unknown)
    {
        Some(row) => unknown(id, row.number, &row.title),
        None => unknown(id, 1, ""),
    }
}

pub(super) fn unknown_step(step: &StepName) -> Error {
    unknown(&step.revision, step.number, &step.title).at_step(step.clone())
}

fn unknown(id: &RevisionId, number: u32, title: &str) -> Error {
    let error = Error::new(
        ErrorKind::OutcomeUnknown,
        format!("nobody can tell whether step {number} of {id} happened: {title}"),
    );
    to_decide(error, id, number)
}
