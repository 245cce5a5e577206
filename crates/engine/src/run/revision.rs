//! One revision: its plan frozen or taken up again, its steps in order.

use std::time::Instant;

use tokio_postgres::Client;
use windlass_compiler::directive::Protect;
use windlass_compiler::format::RevisionId;
use windlass_compiler::lane::Lane;
use windlass_compiler::plan::{Prepared, Shape, Step};

use super::attempt::{self, one_line};
use super::left::Left;
use super::prepare::settle;
use super::remains;
use super::work::{Job, Work, to_decide};
use super::{Runner, Scripts};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Direction, Event, StepName};
use crate::guard::Guard;
use crate::history::Change;
use crate::journal::{self, FrozenRevision, RevisionRow, Snapshot, StepEnd, StepRow, StepState, Write};
use crate::session;

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
        let Some(plan) = row.and_then(RevisionRow::frozen) else {
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
        client: &Client,
        id: &RevisionId,
        direction: Direction,
        journal: &Snapshot,
        protects: &[Protect],
    ) -> Result<Guard> {
        let row = journal.revisions.iter().find(|row| row.id == *id);
        let begun = row
            .filter(|row| row.is_under_way(direction))
            .and_then(RevisionRow::frozen)
            .map(|plan| plan.protected);
        let guard = Guard::of(client, &self.policy.protect.value, protects, begun).await?;
        Ok(guard.copying(&self.policy))
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
}

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

pub(super) fn unknown(id: &RevisionId, number: u32, title: &str) -> Error {
    let error = Error::new(
        ErrorKind::OutcomeUnknown,
        format!("nobody can tell whether step {number} of {id} happened: {title}"),
    );
    to_decide(error, id, number)
}
