//! A step that is a data change in batches: begun in the journal, then done by a crew while the revision waits,
//! or handed over to be done in the background. The batches are `backfill`'s.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use windlass_compiler::directive::Triggers;
use windlass_compiler::format::RevisionId;
use windlass_compiler::plan::{Batches, PlannedStatement, Prepared, Step};
use windlass_compiler::policy::LanePolicy;

use super::attempt::one_line;
use super::revision::step_name;
use super::watchdog::Seen;
use super::work::{Attempted, Job, Work};
use super::{RevisionPlan, Runner};
use crate::backfill::{Crew, Ended, Task, describe, is_for_good, may_skip_triggers as skippable, no_longer};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Direction, Event};
use crate::guard::Guard;
use crate::journal::backfills::{self as journal, BackfillRow, NewBackfill};
use crate::journal::{self as own, Write};
use crate::session::{self, Session};

/// How often the lock connection says how far it is.
const BEAT: Duration = Duration::from_secs(5);

impl Work<'_> {
    /// Runs all batches that are left, and records the step.
    pub(super) async fn backfill(&mut self, job: &Job<'_>, policy: &LanePolicy) -> Result<(Attempted, Seen)> {
        self.clean().await?;
        let Some((statement, batches)) = job
            .step
            .statements
            .first()
            .and_then(|first| Some((first, first.backfill.as_ref()?)))
        else {
            return Ok((Attempted::Done, Seen::default()));
        };
        let mut task = Task::of(
            &job.name,
            statement,
            batches,
            job.step.overrides,
            job.session.clone(),
            (job.guard, job.direction),
        );
        task.run_id = batches.deferred.is_none().then(|| self.run_id.clone());
        self.watched |= task.watching().is_some();
        let begin = self.begin_backfill(job, statement, batches, &task).await?;
        let mut writes: Vec<&Write> = job.before.iter().chain(&begin).collect();
        let done = self.step_row(&job.name, job.direction, job.step);
        if batches.deferred.is_some() {
            writes.push(&done);
            writes.extend(&job.after);
            self.commit(&writes).await?;
            self.observer.event(Event::BackfillDeferred {
                step: job.name.clone(),
                name: batches.name.clone(),
            });
            return Ok((Attempted::Done, Seen::default()));
        }
        self.commit(&writes).await?;
        let ended = self.crew(job, policy, &task).await;
        let tally = match ended {
            Ok(Ended::Complete(tally)) => tally,
            // A crew that somebody waits for does not leave.
            Ok(Ended::Paused) => return Ok((Attempted::Again, Seen::default())),
            Err(error) => {
                if is_for_good(error.kind()) {
                    // To have it noted is no condition of telling it.
                    let _ = journal::end_backfill(&batches.name, "failed", Some(error.to_string()))
                        .send(self.lock.client())
                        .await;
                }
                return Err(
                    error.hint("the batches before it are committed; run the same command again to go on")
                );
            }
        };
        self.observer.event(Event::BackfillProgress {
            step: job.name.clone(),
            whose: String::new(),
            rows: u64::try_from(tally.done).unwrap_or_default(),
            done: true,
        });
        let finished = journal::end_backfill(&batches.name, "done", None);
        // In one transaction: a backfill that is done while its step is not would be done again.
        let writes: Vec<&Write> = [&finished, &done].into_iter().chain(&job.after).collect();
        self.commit(&writes).await?;
        let seen = Seen {
            longest_stall: std::mem::take(&mut self.report.unfinished_stall),
            ..Seen::default()
        };
        Ok((Attempted::Done, seen))
    }

    /// The crew at work, while the lock connection says that this runner lives.
    async fn crew(&mut self, job: &Job<'_>, policy: &LanePolicy, task: &Task) -> Result<Ended> {
        let (connect, settings) = self.watchdog.connection();
        let crew = Crew::new(connect, settings, policy.clone(), self.observer, self.stop).fenced(self.fence);
        let (lock, run_id) = (self.lock.client(), &self.run_id);
        let beats = async {
            let mut beaten = Instant::now();
            loop {
                tokio::time::sleep(Duration::from_millis(500)).await;
                if lock.is_closed() {
                    return Error::new(ErrorKind::ConnectionLost, "the lock connection was lost")
                        .hint("run the same command again; it continues where this one stopped");
                }
                if beaten.elapsed() < BEAT {
                    continue;
                }
                beaten = Instant::now();
                if let Ok(Some(tally)) = journal::tally(lock, &task.name).await {
                    let (done, total) = (tally.seen.unsigned_abs(), tally.rows_total.unsigned_abs());
                    let beat = own::progress(
                        run_id,
                        &job.name.revision,
                        job.step.number,
                        "backfill",
                        done,
                        total,
                    );
                    // Whether the connection stands is asked above.
                    let _ = beat.send(lock).await;
                }
            }
        };
        let ended = tokio::select! {
            ended = crew.run(task) => ended,
            lost = beats => Err(lost),
        };
        self.report.retries += crew.retries();
        self.report.unfinished_stall = self.report.unfinished_stall.max(crew.longest_stall());
        ended
    }

    /// What is written to the journal before the first batch.
    async fn begin_backfill(
        &self,
        job: &Job<'_>,
        statement: &PlannedStatement,
        batches: &Batches,
        task: &Task,
    ) -> Result<Vec<Write>> {
        let hash = statement.hash.to_string();
        let new = NewBackfill {
            name: &batches.name,
            revision: job.name.revision.as_str(),
            step: i32::try_from(job.step.number).unwrap_or(i32::MAX),
            title: &job.name.title,
            is_deferred: batches.deferred.is_some(),
            statement: &statement.sql,
            hash: &hash,
            definition: task.definition(),
            run_id: &self.run_id,
        };
        let Some(known) = journal::backfill(self.session.client(), &batches.name).await? else {
            return Ok(vec![journal::new_backfill(&new)]);
        };
        if known.revision != new.revision {
            return Err(Error::new(
                ErrorKind::Diverged,
                format!(
                    "the backfill {} of {} bears the name of one that {} began",
                    known.name, new.revision, known.revision
                ),
            )
            .hint("give it a name of its own"));
        }
        if known.state == "cancelled" {
            return Err(Error::new(
                ErrorKind::Refused,
                format!("backfill {} was cancelled", known.name),
            )
            .hint(format!(
                "windlass backfill resume {}, then run the same command again",
                known.name
            )));
        }
        let is_begun = journal::tally(self.session.client(), &known.name)
            .await
            .map_err(session::lost)?
            .is_some_and(|tally| tally.seen > 0 || tally.done > 0);
        if known.hash != hash && is_begun {
            return Err(edited(&known, statement));
        }
        let forgets = batches.options.on_error == windlass_compiler::directive::OnError::Stop;
        let mut writes = vec![
            journal::edit_backfill(&new),
            journal::take_back(&known.name, forgets),
        ];
        if known.hash != hash {
            // Not a row is changed yet, so it is cut anew.
            writes.push(journal::forget_ranges(&known.name));
        }
        Ok(writes)
    }
}

/// Refuses, before anything runs, what a run could not do in its course: to change rows past their table's triggers.
pub(super) async fn may_skip_triggers(
    work: &Work<'_>,
    scripts: impl Iterator<Item = &Prepared>,
) -> Result<()> {
    let batches = scripts
        .flat_map(|prepared| &prepared.statements)
        .filter_map(|statement| statement.planned.backfill.as_deref());
    // A deferred one is a worker's, whose role may be another.
    let skipping =
        batches.filter(|batches| batches.deferred.is_none() && batches.options.triggers == Triggers::Skip);
    let mut names: Vec<&str> = skipping.map(|batches| batches.name.as_str()).collect();
    names.sort_unstable();
    match names.is_empty() {
        true => Ok(()),
        false => skippable(work.session.client(), &names).await,
    }
}

/// Refuses a started revision that has lost the name of a data change which has changed rows: under another name, or without
/// batches, those rows would be changed twice.
pub(super) async fn keep_their_names(work: &Work<'_>, id: &RevisionId, steps: &[Step]) -> Result<()> {
    let begun = journal::begun_of(work.lock.client(), id.as_str()).await?;
    let statements = || steps.iter().flat_map(|step| &step.statements);
    let is_there = |name: &String| {
        statements().any(|it| it.backfill.as_ref().is_some_and(|batches| batches.name == *name))
    };
    match begun.into_iter().find(|(name, _)| !is_there(name)) {
        None => Ok(()),
        Some((name, rows)) => Err(Error::new(
            ErrorKind::Diverged,
            format!("backfill {name} of {id} is under way ({rows} rows), and the file does not have it any more"),
        )
        .hint("put its directive and statement back as they were, and it goes on")
        .hint(format!(
            "or, where its rows may stay as they are now: windlass backfill cancel {name}, then the same command"
        ))),
    }
}

impl Work<'_> {
    /// A revision that is about to be reverted needs no more of its background jobs: workers elsewhere stop.
    pub(super) async fn cancel_backfills(&self, id: &RevisionId) -> Result<()> {
        let client = self.lock.client();
        for name in journal::cancel_of(client, id.as_str()).await? {
            journal::cancel_batches(client, &name).await?;
            self.observer.event(Event::Warning {
                message: format!("backfill {name} of {id} is cancelled, since {id} is reverted"),
                hint: None,
            });
        }
        Ok(())
    }
}

impl Runner {
    /// Refuses a revision whose `requires backfill` names one that is not complete, or waits for it.
    pub(super) async fn require_backfills(&self, work: &Work<'_>, id: &RevisionId) -> Result<()> {
        let Some(required) = self
            .file(id)
            .map(|file| &file.header.requires_backfills)
            .filter(|names| !names.is_empty())
        else {
            return Ok(());
        };
        for name in required {
            require(work, id, name).await?;
        }
        Ok(())
    }
}

async fn require(work: &Work<'_>, id: &RevisionId, name: &str) -> Result<()> {
    const POLL: Duration = Duration::from_secs(1);
    const TELL: Duration = Duration::from_secs(30);
    let client = work.session.client();
    let began = Instant::now();
    let mut told: Option<Instant> = None;
    loop {
        let known = journal::backfill(client, name).await?;
        let why = match known.as_ref().map(|row| row.state.as_str()) {
            Some("done") => break,
            None => "was never begun".to_owned(),
            Some("running") => "is not complete yet".to_owned(),
            Some(state) => format!("is {state}"),
        };
        let may_come = known.is_some_and(|row| matches!(row.state.as_str(), "running" | "paused"));
        if !may_come || !work.wait_for_backfills {
            return Err(Error::new(
                ErrorKind::Refused,
                format!("{id} requires backfill {name}, which {why}"),
            )
            .hint(format!(
                "complete it first: windlass backfill run {name}, or windlass worker"
            ))
            .hint("or wait for a worker to complete it: windlass upgrade --wait"));
        }
        if told.is_none_or(|at| at.elapsed() >= TELL) {
            told = Some(Instant::now());
            work.observer.event(Event::WaitingForBackfill {
                revision: id.clone(),
                name: name.to_owned(),
                waited: began.elapsed(),
            });
        }
        work.stop.sleep(POLL).await?;
    }
    // Complete is a moment: the application may have written such rows again since.
    if let Some(row) = journal::backfill(client, name).await?
        && let Some(why) = no_longer(&work.session, &Task::read(&row)?, work.stop).await?
    {
        return Err(Error::new(
            ErrorKind::Refused,
            format!("{id} requires backfill {name}: {why}"),
        )
        .hint(format!(
            "do it once more: windlass backfill resume {name} --from-start"
        ))
        .hint("and see to it that the application writes no such rows any more"));
    }
    Ok(())
}

/// How the data changes of a revision will be cut, by the number of their steps.
pub(super) async fn described(session: &Session, plan: &RevisionPlan) -> Result<HashMap<u32, Vec<String>>> {
    let mut found = HashMap::new();
    for step in &plan.steps {
        let Some((statement, batches)) = step
            .statements
            .first()
            .and_then(|first| Some((first, first.backfill.as_ref()?)))
        else {
            continue;
        };
        let name = step_name(&plan.id, step, step.number);
        let task = Task::of(
            &name,
            statement,
            batches,
            step.overrides,
            None,
            (&Guard::off(), Direction::Up),
        );
        if let Some(lines) = describe(session, &task).await? {
            found.insert(step.number, lines);
        }
    }
    Ok(found)
}

/// The cursor of one statement says nothing about another.
fn edited(known: &BackfillRow, now: &PlannedStatement) -> Error {
    Error::new(
        ErrorKind::Diverged,
        format!(
            "the statement of backfill {} was edited after some of its batches were done",
            known.name
        ),
    )
    .hint(format!("ran: {}", one_line(&known.statement)))
    .hint(format!("now: {}", one_line(&now.sql)))
    .hint("undo the edit to go on")
    .hint(format!(
        "or begin anew with the edited one: windlass backfill resume {} --from-start, then the same command",
        known.name
    ))
}
