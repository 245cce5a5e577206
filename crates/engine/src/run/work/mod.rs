//! The work of a leading runner: its session, and one step with all its attempts.

mod alone;
mod limits;
mod transaction;
mod verdict;

use std::time::{Duration, Instant};

use windlass_compiler::plan::{Shape, Step};
use windlass_compiler::policy::{LanePolicy, Policy};

use super::acquire::{Approach, Way};
use super::attempt;
use super::request::{Report, StepReport};
use super::retry::{self, Failure, Next};
use super::standby::Standbys;
use super::watchdog::{Seen, Watchdog};
use crate::blockers::Blocker;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Direction, Event, Observe, StepName};
use crate::guard::{Guard, Lost};
use crate::history::History;
use crate::journal::{self, Fence, FrozenRevision, Prepared, StepEnd, Write};
use crate::session::{self, Session, Stop};

pub(super) use limits::{limits, policy_of};
pub(crate) use verdict::lost_the_lead;
pub(super) use verdict::to_decide;
use verdict::{given_up, never_clear};

/// A leading runner at work.
pub(super) struct Work<'a> {
    pub(super) session: Session,
    pub(super) lock: &'a Session,
    pub(super) fence: Fence,
    pub(super) run_id: String,
    pub(super) policy: &'a Policy,
    pub(super) history: Box<dyn History>,
    pub(super) observer: &'a dyn Observe,
    pub(super) stop: &'a Stop,
    pub(super) report: Report,
    pub(super) watchdog: Watchdog<'a>,
    pub(super) standbys: Standbys<'a>,
    /// This run builds a new database: there is nothing to lose.
    pub(super) builds: bool,
    /// Nobody used the database when the run began.
    pub(super) was_unused: bool,
    /// A step was watched for losses, so that there may be some to tell.
    pub(super) watched: bool,
    /// A revision waits for the backfills that it requires.
    pub(super) wait_for_backfills: bool,
    /// The saved plan that is executed.
    pub(super) fingerprint: Option<String>,
    prepared: Prepared,
    /// A script may have left something behind in the session.
    dirty: bool,
    last_beat: Option<Instant>,
    told_hidden: bool,
}

/// One step in its revision.
pub(super) struct Job<'a> {
    pub(super) step: &'a Step,
    pub(super) name: StepName,
    pub(super) direction: Direction,
    /// What is written with the first thing that the step commits.
    pub(super) before: Vec<Write>,
    /// What is written when it is done.
    pub(super) after: Vec<Write>,
    /// The revision, when this step is all of it and it was never begun: then nothing stands in
    /// `before` and `after`, and one row of everything is written.
    pub(super) whole: Option<FrozenRevision>,
    /// Session settings that the step before left behind, as JSON.
    pub(super) session: Option<String>,
    /// Whether a later step of the revision wants those of this one.
    pub(super) keep_session: bool,
    /// An earlier run noted its intent.
    pub(super) again: bool,
    /// What may not be lost.
    pub(super) guard: &'a Guard,
}

/// What an attempt came to.
pub(super) enum Attempted {
    Done,
    /// At once, and it does not count: the way of asking was refused, not what was asked for.
    Again,
    Failed {
        failure: Failure,
        error: Error,
        blockers: Vec<Blocker>,
    },
}

impl<'a> Work<'a> {
    #[expect(
        clippy::too_many_arguments,
        reason = "they are the run's whole context, named once"
    )]
    pub(super) fn new(
        session: Session,
        lock: &'a Session,
        fence: Fence,
        run_id: String,
        policy: &'a Policy,
        history: Box<dyn History>,
        watchdog: Watchdog<'a>,
        standbys: Standbys<'a>,
        observer: &'a dyn Observe,
        stop: &'a Stop,
    ) -> Self {
        Self {
            watchdog,
            standbys,
            wait_for_backfills: false,
            fingerprint: None,
            session,
            lock,
            fence,
            run_id,
            policy,
            history,
            observer,
            stop,
            report: Report {
                watch_interval: policy.watch_interval().map(super::watchdog::interval),
                ..Report::default()
            },
            builds: false,
            was_unused: false,
            watched: false,
            prepared: Prepared::default(),
            dirty: false,
            last_beat: None,
            told_hidden: false,
        }
    }

    /// Runs a step with all its attempts and records it.
    pub(super) async fn step(&mut self, job: Job<'_>) -> Result<()> {
        self.stop.check()?;
        self.beat(&job).await?;
        self.observer.event(Event::StepStarted {
            step: job.name.clone(),
        });
        let policy = self.lane_policy(&job)?;
        let began = Instant::now();
        let mut approach = Approach::suspecting(job.guard.uncounted());
        let mut stalled = Duration::ZERO;
        let mut attempt = 1;
        let (error, failure) = loop {
            let (attempted, seen) = match self.clear_way(&job, &policy, &mut approach, began).await? {
                Way::Clear => match job.step.shape {
                    Shape::Transaction => self.transaction(&job, &policy, &mut approach, attempt).await?,
                    Shape::Alone => self.alone(&job, &policy, attempt).await?,
                    Shape::Backfill => self.backfill(&job, &policy).await?,
                },
                Way::Blocked(blockers) => (never_clear(&job, blockers), Seen::default()),
            };
            self.pass_on_notices(&job.name);
            stalled = stalled.max(seen.longest_stall);
            let attempted = self.judged(&job, attempted, seen, &mut approach);
            match attempted {
                Attempted::Done => {
                    let patience = policy.stall_budget.unwrap_or(Duration::from_secs(1));
                    self.standbys
                        .follow(self.lock.client(), &approach.wanted, patience, &job.name)
                        .await?;
                    let blockers = approach.met;
                    self.done(&job, attempt, began.elapsed(), stalled, blockers).await;
                    return Ok(());
                }
                Attempted::Again => {}
                Attempted::Failed {
                    failure,
                    error,
                    blockers,
                } => {
                    let elapsed = began.elapsed();
                    match retry::next(&policy, failure, attempt, elapsed, rand::random()) {
                        Next::GiveUp => {
                            let error = given_up(error, &policy, failure, attempt, elapsed, blockers);
                            break (error, failure);
                        }
                        Next::RetryAfter(after) => {
                            self.pause(&job.name, attempt, failure, blockers, after).await?;
                            attempt += 1;
                        }
                    }
                }
            }
        };
        self.report.unfinished_stall = self.report.unfinished_stall.max(stalled);
        if job.step.best_effort && matches!(error.kind(), ErrorKind::Failed | ErrorKind::Locked) {
            return self
                .skip(job, attempt, began.elapsed(), error, approach.met)
                .await;
        }
        // Only a step that refuses a transaction has a row by now.
        self.note_contention(&job, stalled, &approach.met).await;
        if failure == Failure::Partly {
            return Err(self.decide_about(&job, error).await.at_step(job.name));
        }
        let left = match job.step.shape {
            Shape::Transaction => Some("the step was rolled back, nothing of it is left"),
            Shape::Alone => Some("nothing of this step is left"),
            Shape::Backfill => None,
        };
        let error = match left.filter(|_| error.kind() == ErrorKind::Failed && job.direction == Direction::Up)
        {
            Some(left) => error.hint(format!(
                "{left}; correct {} and run the same command again",
                job.name.revision
            )),
            None => error,
        };
        Err(error.at_step(job.name))
    }

    /// Tells why another attempt is needed, and waits before it.
    pub(super) async fn pause(
        &mut self,
        step: &StepName,
        attempt: u32,
        failure: Failure,
        blockers: Vec<Blocker>,
        after: Duration,
    ) -> Result<()> {
        self.report.retries += 1;
        let reason = failure.reason().to_owned();
        self.observer.event(Event::Retrying {
            step: step.clone(),
            attempt,
            reason,
            blockers,
            after,
        });
        self.stop.sleep(after).await
    }

    /// The row of a step that is done at its first attempt.
    pub(super) fn step_row(&self, name: &StepName, direction: Direction, step: &Step) -> Write {
        let end = StepEnd {
            revision: &name.revision,
            direction,
            number: step.number,
            lane: step.lane.name(),
            title: &name.title,
            attempts: 1,
            warning: None,
        };
        journal::step_done(&end, &self.run_id)
    }

    /// Writes to the journal in a transaction of its own, behind the fence.
    pub(super) async fn commit(&self, writes: &[&Write]) -> Result<()> {
        let client = self.session.client();
        client
            .batch_execute(&format!(
                "RESET SESSION AUTHORIZATION; {}; BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
                attempt::set_role(self.policy.role.value.as_deref())
            ))
            .await
            .map_err(session::lost)?;
        let outcome = async {
            journal::fence(self.fence).send(client).await?;
            for write in writes {
                write.send(client).await?;
            }
            client.batch_execute("COMMIT").await
        }
        .await;
        if let Err(error) = outcome {
            // The transaction is over either way; the first error is the one to tell.
            let _ = client.batch_execute("ROLLBACK").await;
            if error.code().is_some_and(|code| code.code() == journal::FENCED) {
                return Err(lost_the_lead());
            }
            return Err(session::failed(error, "failed to write the journal"));
        }
        Ok(())
    }

    /// Writes to the journal what belongs to no step.
    pub(super) async fn note(&mut self, writes: &[Write]) -> Result<()> {
        self.clean().await?;
        self.commit(&writes.iter().collect::<Vec<_>>()).await
    }

    /// A best-effort step is given up: its row says so, and `status` keeps saying it.
    async fn skip(
        &mut self,
        job: Job<'_>,
        attempt: u32,
        took: Duration,
        error: Error,
        blockers: Vec<Blocker>,
    ) -> Result<()> {
        self.clean().await?;
        let reason = error.to_string();
        let skipped = journal::step_done(&end(&job, attempt, Some(reason.clone())), &self.run_id);
        let mut writes: Vec<&Write> = job.before.iter().collect();
        writes.push(&skipped);
        writes.extend(&job.after);
        self.commit(&writes).await?;
        self.observer.event(Event::StepSkipped {
            step: job.name.clone(),
            reason: reason.clone(),
        });
        let stalled = self.report.unfinished_stall;
        self.note_contention(&job, stalled, &blockers).await;
        self.report.steps.push(StepReport {
            warning: Some(reason),
            ..report(&job, attempt, took, stalled, blockers)
        });
        Ok(())
    }

    async fn done(
        &mut self,
        job: &Job<'_>,
        attempts: u32,
        took: Duration,
        stalled: Duration,
        blockers: Vec<Blocker>,
    ) {
        self.note_contention(job, stalled, &blockers).await;
        self.observer.event(Event::StepDone {
            step: job.name.clone(),
            took,
            attempts,
        });
        self.report
            .steps
            .push(report(job, attempts, took, stalled, blockers));
    }

    /// Known only after the step's own transaction; to have it is no condition of going on.
    async fn note_contention(&self, job: &Job<'_>, stalled: Duration, blockers: &[Blocker]) {
        if stalled.is_zero() && blockers.is_empty() {
            return;
        }
        let (revision, number) = (&job.name.revision, job.step.number);
        let note = journal::note_contention(revision, job.direction, number, stalled, blockers);
        let _ = note.send(self.lock.client()).await;
    }

    /// Says once what the server does not show of the sessions that are spoken of.
    pub(super) fn tell_hidden(&mut self, sessions: &[Blocker]) {
        if self.told_hidden || !sessions.iter().any(Blocker::is_hidden) {
            return;
        }
        self.told_hidden = true;
        self.observer.event(Event::Warning {
            message:
                "this role does not see what other roles' sessions do, nor since when: of those in the way \
                      only their locks are known, and their age counts from when they were first seen"
                    .to_owned(),
            hint: Some("GRANT pg_read_all_stats TO this role, and it is told".to_owned()),
        });
    }

    /// What this run took away.
    pub(super) async fn losses(&self) -> Result<Vec<Lost>> {
        if !self.watched {
            return Ok(Vec::new());
        }
        journal::losses(self.lock.client(), &self.run_id).await
    }

    /// Puts the session back to what it was when it was opened, if a script may have changed it.
    pub(super) async fn clean(&mut self) -> Result<()> {
        if self.dirty {
            attempt::clean(self.session.client()).await?;
            self.prepared = Prepared::default();
            self.dirty = false;
        }
        Ok(())
    }

    /// Says on the lock connection what is being done; a lost lock stops the run before the step.
    async fn beat(&mut self, job: &Job<'_>) -> Result<()> {
        const EVERY: Duration = Duration::from_secs(1);
        if self.lock.client().is_closed() {
            return Err(Error::new(ErrorKind::ConnectionLost, "lost the lock connection")
                .hint("run the same command again; it continues where this one stopped"));
        }
        if self.last_beat.is_some_and(|at| at.elapsed() < EVERY) {
            return Ok(());
        }
        self.last_beat = Some(Instant::now());
        journal::beat(
            &self.run_id,
            &job.name.revision,
            job.step.number,
            job.step.lane.name(),
        )
        .send(self.lock.client())
        .await
        .map(|_| ())
        .map_err(|error| session::failed(error, "lost the lock connection"))
    }

    fn pass_on_notices(&mut self, step: &StepName) {
        for notice in self.session.notices() {
            // Our own ROLLBACK behind a COMMIT that already rolled back.
            if notice.code().code() == "25P01" {
                continue;
            }
            self.observer.event(Event::Notice {
                step: step.clone(),
                severity: notice.severity().to_owned(),
                message: notice.message().to_owned(),
            });
        }
    }

    fn lane_policy(&self, job: &Job<'_>) -> Result<LanePolicy> {
        policy_of(self.policy, &job.name.revision, job.step)
    }
}

/// Whether the database holds nothing but our journal and what extensions brought.
pub(super) async fn is_unused(client: &tokio_postgres::Client) -> Result<bool> {
    let row = client
        .query_typed_one(include_str!("../unused.sql"), &[])
        .await
        .map_err(session::lost)?;
    Ok(row.get(0))
}

fn end<'j>(job: &'j Job<'_>, attempts: u32, warning: Option<String>) -> StepEnd<'j> {
    StepEnd {
        revision: &job.name.revision,
        direction: job.direction,
        number: job.step.number,
        lane: job.step.lane.name(),
        title: &job.name.title,
        attempts,
        warning,
    }
}

fn report(
    job: &Job<'_>,
    attempts: u32,
    took: Duration,
    longest_stall: Duration,
    blockers: Vec<Blocker>,
) -> StepReport {
    StepReport {
        longest_stall,
        blockers,
        name: job.name.clone(),
        lane: job.step.lane,
        attempts,
        took,
        warning: None,
    }
}
