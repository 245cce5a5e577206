//! The work of a leading runner: its session, and one step with all its attempts.

use std::time::{Duration, Instant};

use windlass_compiler::format::RevisionId;
use windlass_compiler::lane::Lane;
use windlass_compiler::plan::{PlannedStatement, Probe, Shape, Step};
use windlass_compiler::policy::{LanePolicy, Origin, Overrides, Policy, Setting};

use super::acquire::{Approach, Way};
use super::attempt::{self, Envelope, Failed, Guarded, Limits, Refusal};
use super::repair::{self, Finding, Watch};
use super::request::{Report, StepReport};
use super::retry::{self, Failure, Next};
use super::standby::Standbys;
use super::watchdog::{End, Rule, Seen, Watchdog};
use crate::blockers::Blocker;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Direction, Event, Observe, StepName};
use crate::guard::{self, Guard, Loss, Lost, Place};
use crate::history::History;
use crate::journal::{self, Fence, FrozenRevision, Prepared, StepEnd, Write};
use crate::session::{self, Session, Stop};

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
        let error = loop {
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
                        Next::GiveUp => break given_up(error, &policy, failure, attempt, elapsed, blockers),
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
        let rolled_back = job.step.shape == Shape::Transaction && error.kind() == ErrorKind::Failed;
        let error = match rolled_back && job.direction == Direction::Up {
            true => error.hint(format!(
                "the step was rolled back, nothing of it is left; correct {} and run the same command again",
                job.name.revision
            )),
            false => error,
        };
        Err(error.at_step(job.name))
    }

    /// What an attempt came to, with what the watchdog saw: an end that was our own doing is none of the
    /// statement's failures.
    fn judged(
        &mut self,
        job: &Job<'_>,
        attempted: Attempted,
        seen: Seen,
        approach: &mut Approach,
    ) -> Attempted {
        let Attempted::Failed {
            failure,
            error,
            mut blockers,
        } = attempted
        else {
            return attempted;
        };
        if blockers.is_empty() {
            blockers = seen.blockers;
        }
        approach.meet(&blockers);
        self.tell_hidden(&blockers);
        if failure == Failure::LockTimeout {
            approach.learn(&blockers);
        }
        let is_ours = matches!(failure, Failure::Final | Failure::Lost);
        let step = job.name.clone();
        let stalled = seen.longest_stall;
        let failure = match seen.ended.filter(|_| is_ours) {
            None => failure,
            Some(End::Deadlock(others)) => {
                self.observer.event(Event::DeadlockBroken { step, others });
                Failure::Deadlock
            }
            Some(End::Stalled(waiters)) => {
                self.observer.event(Event::Yielded {
                    step,
                    waiters,
                    stalled,
                });
                Failure::OwnCancel
            }
            Some(End::Blind) => {
                self.observer.event(Event::Yielded {
                    step,
                    waiters: Vec::new(),
                    stalled,
                });
                Failure::OwnCancel
            }
        };
        Attempted::Failed {
            failure,
            error,
            blockers,
        }
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

    /// Runs a group of revisions in one transaction, `names` being their steps. The longest wait for it that was seen,
    /// when it was committed.
    pub(super) async fn group(
        &mut self,
        names: &[StepName],
        steps: &[&Step],
        write: &Write,
    ) -> Result<Option<Duration>> {
        let Some(first) = names.first() else {
            return Ok(None);
        };
        self.clean().await?;
        let policy = self.policy.lane(Lane::Ddl);
        let limits = Limits {
            lock_timeout: policy.lock_timeout.longest().unwrap_or_default(),
            statement_timeout: policy.statement_timeout.unwrap_or_default(),
            idle_in_transaction: policy.blocking_idle_timeout.unwrap_or_default(),
            blocks: true,
        };
        let fence = journal::fence(self.fence);
        let client = self.session.client();
        self.prepared
            .ensure_calls(client, [&fence, write])
            .await
            .map_err(session::lost)?;
        let run = attempt::grouped(client, &limits, &fence, &self.prepared, steps, write);
        let rule = Rule::of(&policy, self.policy.on_ddl_waiter.value);
        let watched = tokio::select! {
            watched = self.watchdog.guard(&self.session, rule, first, run) => watched,
            () = self.stop.asked() => {
                self.observer.event(Event::Stopping);
                self.session.cancel().await;
                return Err(session::interrupted());
            }
        };
        let stalled = watched.seen.longest_stall;
        match watched.outcome {
            Ok(()) => Ok(Some(stalled)),
            Err(error) if session::is_lost(&error) => {
                if !self.reopened().await? {
                    return Err(session::lost(error));
                }
                // All of a group is committed, or nothing of it.
                let lock = self.lock.client();
                let done = journal::is_step_done(lock, &first.revision, Direction::Up, first.number).await?;
                Ok(done.then_some(stalled))
            }
            Err(_) => {
                self.report.unfinished_stall = self.report.unfinished_stall.max(stalled);
                Ok(None)
            }
        }
    }

    /// Notes that a revision of a group is done.
    pub(super) fn grouped(&mut self, name: StepName, took: Duration, stalled: Duration) {
        let revision = name.revision.clone();
        self.report.steps.push(StepReport {
            lane: name.lane,
            name,
            attempts: 1,
            took,
            longest_stall: stalled,
            blockers: Vec::new(),
            warning: None,
        });
        self.report.revisions.push(revision.clone());
        self.observer.event(Event::RevisionDone {
            revision,
            direction: Direction::Up,
            took,
        });
    }

    /// One attempt of a transactional step.
    async fn transaction(
        &mut self,
        job: &Job<'_>,
        policy: &LanePolicy,
        approach: &mut Approach,
        attempt: u32,
    ) -> Result<(Attempted, Seen)> {
        self.clean().await?;
        let place = Place {
            revision: &job.name.revision,
            direction: job.direction,
            run_id: Some(&self.run_id.clone()),
        };
        let watching = job.guard.watch(job.step, place);
        let backing = job.guard.backing(job.step, place).filter(|_| watching.is_some());
        self.watched |= watching.is_some();
        let suspected = approach.suspected.clone();
        // Its own session, which does not see the transaction that it counts for.
        let beside = match suspected.is_empty() {
            true => None,
            false => Some(self.watchdog.reopen().await?),
        };
        let note = |loss: &Loss| journal::note_loss(place, job.step.number, loss);
        let limits = limits(policy, job.step, attempt);
        let prelude = approach.prelude(&limits, policy);
        let role = self.policy.role.value.as_deref();
        let fence = journal::fence(self.fence);
        let ended = end(job, attempt, None);
        let own = match &job.whole {
            Some(revision) => journal::apply_revision(revision, &ended, &self.run_id),
            None => journal::step_done(&ended, &self.run_id),
        };
        let at_once = self.session.reads_as_parsed()
            && watching.is_none()
            && prelude.is_empty()
            && job.session.is_none()
            && !job.keep_session
            && attempt::goes_at_once(job.step);
        let none = Prepared::default();
        let prepared = if job.step.changes_session() || job.session.is_some() {
            &none
        } else {
            let writes = [&fence, &own].into_iter().chain(&job.before).chain(&job.after);
            let client = self.session.client();
            let prepared = if at_once {
                self.prepared.ensure_calls(client, writes).await
            } else {
                self.prepared.ensure(client, writes).await
            };
            prepared.map_err(session::lost)?;
            &self.prepared
        };
        // The writes of a job are values that may be sent again with each attempt.
        let envelope = Envelope {
            fence,
            before: &job.before,
            own: vec![own],
            after: &job.after,
            prelude: &prelude,
            session: job.session.as_deref(),
            keep_session: job.keep_session,
            role,
            prepared,
            at_once,
            guarded: watching.map(|watching| Guarded {
                watching,
                suspected: beside
                    .as_ref()
                    .map(|beside| (suspected.as_slice(), beside.client())),
                note: &note,
                backing,
            }),
        };
        self.dirty = job.step.changes_session() || job.session.is_some();
        let client = self.session.client();
        let rule = Rule::of(policy, self.policy.on_ddl_waiter.value).over(&job.step.statements);
        let run = attempt::transaction(client, &limits, &envelope, job.step);
        let sent = Instant::now();
        let lock = self.lock.client();
        let follow = super::progress::follow(lock, self.session.pid, &self.run_id, &job.name, self.observer);
        let watched = tokio::select! {
            watched = self.watchdog.guard(&self.session, rule, &job.name, run) => watched,
            never = follow => never,
            () = self.stop.asked() => {
                self.observer.event(Event::Stopping);
                self.session.cancel().await;
                return Err(session::interrupted());
            }
        };
        let seen = watched.seen;
        let attempted = match watched.outcome {
            Ok(()) => Attempted::Done,
            Err(failed) => {
                let (error, what) = match failed {
                    Failed::Fenced => return Err(lost_the_lead()),
                    Failed::Fatal(error) => return Err(error),
                    Failed::Loss(losses) => {
                        if losses.iter().all(|loss| loss.is_among(&suspected)) {
                            return Err(guard::refusal(&losses));
                        }
                        approach.suspected.extend(losses);
                        return Ok((Attempted::Again, seen));
                    }
                    Failed::Statement {
                        index,
                        error,
                        sent_behind,
                    } => {
                        let statement = &job.step.statements[index];
                        let sql = attempt::one_line(&statement.sql);
                        let what = match attempt::points_at(statement, &error, sent_behind) {
                            Some((line, column)) => format!("line {line}, column {column}: {sql}"),
                            None => format!("line {}: {sql}", statement.line),
                        };
                        if seen.ended.is_none() && is_too_long(&error, job.step, &limits, sent.elapsed()) {
                            let failed = Attempted::Failed {
                                failure: Failure::TooLong,
                                error: session::failed(error, &what),
                                blockers: Vec::new(),
                            };
                            return Ok((failed, seen));
                        }
                        (error, what)
                    }
                    Failed::Prelude(error) => {
                        let code = error.code().map(|code| code.code().to_owned());
                        match code.as_deref() {
                            // Not every role that may change a table may lock it.
                            Some("42501") => {
                                approach.bare = true;
                                return Ok((Attempted::Again, seen));
                            }
                            // The limit on all the locks behind the first one.
                            Some("57014") if seen.ended.is_none() => {
                                return Ok((not_in_time(error, seen.blockers.clone()), seen));
                            }
                            _ => (error, "failed to lock its tables".to_owned()),
                        }
                    }
                    Failed::Commit(error) => (error, "failed to commit".to_owned()),
                };
                if session::is_lost(&error) {
                    return Ok((self.recovered(job, error, &what).await?, seen));
                }
                refused(error, &what, Vec::new())?
            }
        };
        Ok((attempted, seen))
    }

    /// The work session is gone while this runner still leads: its backend was terminated by our watchdog, by
    /// the server's own limit on an idle transaction, or by somebody. Whether COMMIT came before is in the
    /// journal.
    async fn recovered(
        &mut self,
        job: &Job<'_>,
        error: tokio_postgres::Error,
        what: &str,
    ) -> Result<Attempted> {
        let error = session::failed(error, what);
        if !self.reopened().await? {
            return Err(error);
        }
        let revision = &job.name.revision;
        let client = self.lock.client();
        Ok(
            if journal::is_step_done(client, revision, job.direction, job.step.number).await? {
                Attempted::Done
            } else {
                Attempted::Failed {
                    failure: Failure::Lost,
                    error,
                    blockers: Vec::new(),
                }
            },
        )
    }

    /// Opens the work session anew. Whether there is one again; the fence has then said that the backend
    /// of the old one has really ended, so that what it committed is seen.
    async fn reopened(&mut self) -> Result<bool> {
        if self.lock.client().is_closed() {
            return Ok(false);
        }
        let Ok(session) = self.watchdog.reopen().await else {
            return Ok(false);
        };
        self.session = session;
        self.prepared = Prepared::default();
        self.dirty = false;
        super::orphan::take_fence(&self.session, self.lock, self.observer, self.stop).await?;
        Ok(true)
    }

    /// One attempt of a statement that refuses a transaction.
    async fn alone(&mut self, job: &Job<'_>, policy: &LanePolicy, attempt: u32) -> Result<(Attempted, Seen)> {
        self.clean().await?;
        let Some(statement) = job.step.statements.first() else {
            return Ok((Attempted::Done, Seen::default()));
        };
        let watch = Watch {
            observer: self.observer,
            stop: self.stop,
            step: &job.name,
            lock_timeout: policy.stall_budget.map_or(Duration::ZERO, |budget| budget / 2),
        };
        let client = self.session.client();
        job.guard.refuse_alone(client, statement).await?;
        if job.guard.protects() && statement.opaque {
            self.observer.event(Event::Notice {
                step: job.name.clone(),
                severity: "WARNING".to_owned(),
                message: "it commits by itself, so what it takes from protected tables is not counted"
                    .to_owned(),
            });
        }
        if job.again && statement.probe == Probe::Nothing && attempt == 1 {
            return Err(self.unknown(job).await);
        }
        self.intend(job, attempt).await?;
        let limits = limits(policy, job.step, attempt);
        let settings = format!(
            "SET lock_timeout = {}; SET statement_timeout = {}",
            limits.lock_timeout.as_millis(),
            limits.statement_timeout.as_millis()
        );
        let replay = job
            .session
            .as_deref()
            .and_then(attempt::replay)
            .unwrap_or_default();
        client
            .batch_execute(&format!("{settings}; {replay}"))
            .await
            .map_err(session::lost)?;
        self.dirty = true;
        let finding = repair::before(client, statement, job.again || attempt > 1, &watch).await?;
        let rule = Rule::of(policy, self.policy.on_ddl_waiter.value).over(&job.step.statements);
        let (sent, seen) = match finding {
            Finding::Done => {
                self.observer.event(Event::Repaired {
                    step: job.name.clone(),
                    what: "it is already there as the statement wants it".to_owned(),
                });
                (Ok(()), Seen::default())
            }
            Finding::Unknown => return Err(self.unknown(job).await),
            Finding::Send => self.send(statement.clone(), rule, &job.name).await?,
            Finding::SendInstead(sql) => {
                let instead = PlannedStatement {
                    sql,
                    ..statement.clone()
                };
                self.send(instead, rule, &job.name).await?
            }
        };
        let client = self.session.client();
        match sent {
            Ok(()) => {
                repair::after(client, statement).await?;
                self.record_alone(job, attempt).await?;
                Ok((Attempted::Done, seen))
            }
            Err(error) => {
                let what = format!("line {}: {}", statement.line, attempt::one_line(&statement.sql));
                if session::is_lost(&error) {
                    if statement.probe == Probe::Nothing {
                        return Err(session::failed(error, &what));
                    }
                    return Ok((self.recovered(job, error, &what).await?, seen));
                }
                client
                    .batch_execute("SET lock_timeout = 0; SET statement_timeout = 0")
                    .await
                    .map_err(session::lost)?;
                repair::clean_up(client, statement, &watch).await?;
                let in_time = error.code().is_none_or(|code| code.code() != "57014");
                let mut attempted = refused(error, &what, Vec::new())?;
                if let (Attempted::Failed { error, .. }, Some(deadline), false) =
                    (&mut attempted, policy.deadline, in_time)
                {
                    let limit = windlass_compiler::duration::show_duration(deadline);
                    error.add_hint(format!(
                        "index_deadline is {limit}; a longer one, or none, lets it go on"
                    ));
                }
                if let Attempted::Failed { error, .. } = &attempted {
                    journal::note_step_error(
                        &job.name.revision,
                        job.direction,
                        job.step.number,
                        false,
                        error,
                    )
                    .send(self.lock.client())
                    .await
                    .map_err(session::lost)?;
                }
                Ok((attempted, seen))
            }
        }
    }

    /// Sends a statement outside any transaction; a wish to stop cancels it.
    async fn send(
        &mut self,
        statement: PlannedStatement,
        rule: Rule,
        step: &StepName,
    ) -> Result<(std::result::Result<(), tokio_postgres::Error>, Seen)> {
        let client = self.session.client();
        let follow = super::progress::follow(
            self.lock.client(),
            self.session.pid,
            &self.run_id,
            step,
            self.observer,
        );
        let run = attempt::execute(client, &statement);
        let mut run = std::pin::pin!(self.watchdog.guard(&self.session, rule, step, run));
        let watched = tokio::select! {
            watched = &mut run => watched,
            never = follow => never,
            () = self.stop.asked() => {
                self.observer.event(Event::Stopping);
                self.session.cancel().await;
                // The answer tells whether the cancel came in time.
                let watched = run.await;
                if watched.outcome.is_err() {
                    return Err(session::interrupted());
                }
                watched
            }
        };
        match watched.outcome {
            Ok(()) => Ok((Ok(()), watched.seen)),
            Err(Refusal::Server(error)) => Ok((Err(error), watched.seen)),
            Err(Refusal::Engine(error)) => Err(error),
        }
    }

    /// Notes, before it is sent, that a statement is about to run outside any transaction.
    async fn intend(&self, job: &Job<'_>, attempt: u32) -> Result<()> {
        let intent = journal::intend_step(
            &end(job, attempt, None),
            &self.run_id,
            self.session.pid,
            &self.session.backend_start,
        );
        let mut writes: Vec<&Write> = job.before.iter().collect();
        writes.push(&intent);
        self.commit(&writes).await
    }

    pub(super) async fn record_alone(&self, job: &Job<'_>, attempt: u32) -> Result<()> {
        let done = journal::step_done(&end(job, attempt, None), &self.run_id);
        let mut writes = vec![&done];
        writes.extend(&job.after);
        self.commit(&writes).await
    }

    /// Writes to the journal in a transaction of its own, behind the fence.
    pub(super) async fn commit(&self, writes: &[&Write]) -> Result<()> {
        let client = self.session.client();
        client
            .batch_execute(&format!(
                "RESET SESSION AUTHORIZATION; {}; BEGIN",
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

    async fn unknown(&self, job: &Job<'_>) -> Error {
        let error = Error::new(
            ErrorKind::OutcomeUnknown,
            "an earlier run was interrupted while it ran",
        )
        .at_step(job.name.clone());
        let noted =
            journal::note_step_error(&job.name.revision, job.direction, job.step.number, true, &error)
                .send(self.lock.client())
                .await;
        match noted {
            Ok(_) => super::revision::unknown_step(&job.name),
            Err(error) => session::lost(error),
        }
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
        .query_typed_one(include_str!("unused.sql"), &[])
        .await
        .map_err(session::lost)?;
    Ok(row.get(0))
}

/// How a step is executed under its directives.
pub(super) fn policy_of(policy: &Policy, revision: &RevisionId, step: &Step) -> Result<LanePolicy> {
    let origin = Origin::Directive {
        path: revision.as_str().into(),
        line: step.statements.first().map_or(1, |statement| statement.line),
    };
    let said = |value: Option<Duration>| value.map(|value| Setting::new(value, origin.clone()));
    let overrides = Overrides {
        stall_budget: said(step.overrides.stall_budget),
        lock_timeout: said(step.overrides.lock_timeout),
        statement_timeout: said(step.overrides.statement_timeout),
    };
    let lane = |lane| {
        let policy = policy.for_statement(lane, &overrides);
        policy.map_err(|error| Error::input(error.to_string(), vec![error.to_diagnostic()]))
    };
    let mut policy = lane(step.lane)?;
    let detaches = |statement: &PlannedStatement| matches!(statement.probe, Probe::Detach { .. });
    if step.statements.iter().any(detaches) && policy.stall_budget.is_some() {
        // At its end it takes the partition from its readers: the rules for blocking locks apply. How
        // long it waits for the parent's users before that is no matter of a statement's timeout.
        policy = lane(Lane::Ddl)?;
        policy.statement_timeout = None;
        policy.catalog_statement_timeout = None;
    }
    Ok(policy)
}

pub(super) fn limits(policy: &LanePolicy, step: &Step, attempt: u32) -> Limits {
    let blocks = step.blocks();
    let catalog_only = step.statements.iter().all(|statement| statement.catalog_only);
    let statement_timeout = if catalog_only && blocks {
        policy.catalog_statement_timeout
    } else {
        policy.statement_timeout
    };
    let statement_timeout = match (statement_timeout, policy.deadline) {
        (Some(timeout), Some(deadline)) => Some(timeout.min(deadline)),
        (one, other) => one.or(other),
    };
    let idle = if blocks {
        policy.blocking_idle_timeout
    } else {
        policy.idle_in_transaction_timeout
    };
    Limits {
        lock_timeout: policy.lock_timeout.for_attempt(attempt).unwrap_or_default(),
        statement_timeout: statement_timeout.unwrap_or_default(),
        idle_in_transaction: idle.unwrap_or_default(),
        blocks,
    }
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

/// A server's refusal as an attempt that failed; a lost connection ends the run.
pub(super) fn refused(error: tokio_postgres::Error, what: &str, blockers: Vec<Blocker>) -> Result<Attempted> {
    if session::is_lost(&error) {
        return Err(session::failed(error, what));
    }
    let failure = error
        .code()
        .map_or(Failure::Final, |code| Failure::of(code.code(), false));
    Ok(Attempted::Failed {
        failure,
        error: session::failed(error, what),
        blockers,
    })
}

/// Whether the limit that we set on a statement of the catalog alone ended it. The server has one code for that
/// and for a cancel by somebody, which is an order; its words tell them apart only in English.
fn is_too_long(error: &tokio_postgres::Error, step: &Step, limits: &Limits, took: Duration) -> bool {
    let by_somebody = error
        .as_db_error()
        .is_some_and(|db| db.message().contains("user request"));
    error.code().is_some_and(|code| code.code() == "57014")
        && !by_somebody
        && step.blocks()
        && step.statements.iter().all(|statement| statement.catalog_only)
        && !limits.statement_timeout.is_zero()
        && took >= limits.statement_timeout
}

/// A limit of ours ended the wait for a lock.
fn not_in_time(error: tokio_postgres::Error, blockers: Vec<Blocker>) -> Attempted {
    Attempted::Failed {
        failure: Failure::LockTimeout,
        error: session::failed(error, "failed to lock its tables"),
        blockers,
    }
}

/// Nobody could queue for the step's locks without making others wait.
fn never_clear(job: &Job<'_>, blockers: Vec<Blocker>) -> Attempted {
    let statement = job.step.statements.first();
    let what = statement.map_or(String::new(), |statement| {
        format!("line {}: {}: ", statement.line, attempt::one_line(&statement.sql))
    });
    Attempted::Failed {
        failure: Failure::NeverClear,
        error: Error::new(
            ErrorKind::Locked,
            format!("{what}the lock was never queued for: whoever came behind would have waited as well"),
        ),
        blockers,
    }
}

/// The failure that stands: a lock that was not had is told by attempts and holders.
fn given_up(
    error: Error,
    policy: &LanePolicy,
    failure: Failure,
    attempts: u32,
    elapsed: Duration,
    blockers: Vec<Blocker>,
) -> Error {
    if !matches!(
        failure,
        Failure::LockTimeout | Failure::OwnCancel | Failure::NeverClear | Failure::TooLong
    ) {
        return error;
    }
    let times = if attempts == 1 { "attempt" } else { "attempts" };
    let message = format!(
        "{error}; gave up after {attempts} {times} over {}",
        windlass_compiler::duration::show_duration(Duration::from_secs(elapsed.as_secs().max(1)))
    );
    let mut locked =
        Error::new(ErrorKind::Locked, message).with_sqlstate(error.sqlstate().unwrap_or("55P03"));
    if matches!(failure, Failure::OwnCancel | Failure::TooLong) {
        locked = locked.hint(match policy.lane {
            Lane::Dml => {
                "application queries waited for the rows that it had changed: make it a backfill \
                          (`-- windlass: backfill NAME on TABLE`), which changes them in small transactions"
            }
            Lane::Index | Lane::Validate => {
                "somebody's DDL kept queueing behind it, and application queries behind that; stop that DDL, \
                 or set `on_ddl_waiter = \"keep\"` to let them wait"
            }
            _ => {
                "it needs its lock for longer than the stall budget allows; see `windlass plan`, or run it \
                  with a larger `stall_budget` at a quiet time"
            }
        });
    }
    if let Some((meaning, remedy)) = blockers.first().map(Blocker::remedy) {
        locked = locked.hint(match remedy {
            Some(sql) => format!("{meaning}: {sql}"),
            None => meaning.to_owned(),
        });
    }
    locked
        .with_blockers(blockers)
        .hint("then run the same command again; it resumes at this step")
}

pub(crate) fn lost_the_lead() -> Error {
    Error::new(
        ErrorKind::ConnectionLost,
        "another runner leads by now; nothing of this step was committed",
    )
    .hint("run the same command again; it finds what is left to do")
}
