//! The work of a leading runner: its session, and one step with all its attempts.

use std::time::{Duration, Instant};

use windlass_compiler::plan::{Probe, Shape, Step};
use windlass_compiler::policy::{LanePolicy, Origin, Overrides, Policy, Setting};

use super::attempt::{self, Envelope, Failed, Limits, Refusal};
use super::repair::{self, Finding, Watch};
use super::request::{Report, StepReport};
use super::retry::{self, Failure, Next};
use crate::blockers::{self, Blocker};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, Observe, StepName};
use crate::history::History;
use crate::journal::{self, Fence, Prepared, StepEnd, Write};
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
    prepared: Prepared,
    /// A script may have left something behind in the session.
    dirty: bool,
    last_beat: Option<Instant>,
}

/// One step in its revision.
pub(super) struct Job<'a> {
    pub(super) step: &'a Step,
    pub(super) name: StepName,
    pub(super) direction: crate::event::Direction,
    /// What is written with the first thing that the step commits.
    pub(super) before: Vec<Write>,
    /// What is written when it is done.
    pub(super) after: Vec<Write>,
    /// Session settings that the step before left behind, as JSON.
    pub(super) session: Option<String>,
    /// Whether a later step of the revision wants those of this one.
    pub(super) keep_session: bool,
    /// An earlier run noted its intent.
    pub(super) again: bool,
}

/// What an attempt came to.
pub(super) enum Attempted {
    Done,
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
        observer: &'a dyn Observe,
        stop: &'a Stop,
    ) -> Self {
        Self {
            session,
            lock,
            fence,
            run_id,
            policy,
            history,
            observer,
            stop,
            report: Report::default(),
            prepared: Prepared::default(),
            dirty: false,
            last_beat: None,
        }
    }

    /// Runs a step with all its attempts and records it.
    pub(super) async fn step(&mut self, job: Job<'_>) -> Result<()> {
        self.stop.check()?;
        self.beat(&job).await?;
        self.observer.event(Event::StepStarted {
            step: job.name.clone(),
        });
        let limits = self.lane_policy(&job)?;
        let began = Instant::now();
        let mut attempt = 1;
        let error = loop {
            let attempted = match job.step.shape {
                Shape::Transaction => self.transaction(&job, &limits, attempt).await,
                Shape::Alone => self.alone(&job, &limits, attempt).await,
                Shape::Backfill => self.backfill(&job, &limits).await,
            };
            self.pass_on_notices(&job.name);
            match attempted? {
                Attempted::Done => {
                    self.done(&job, attempt, began.elapsed(), None);
                    return Ok(());
                }
                Attempted::Failed {
                    failure,
                    error,
                    blockers,
                } => {
                    let elapsed = began.elapsed();
                    match retry::next(&limits, failure, attempt, elapsed, rand::random()) {
                        Next::GiveUp => break given_up(error, failure, attempt, elapsed, blockers),
                        Next::RetryAfter(after) => {
                            self.pause(&job.name, attempt, failure, blockers, after).await?;
                            attempt += 1;
                        }
                    }
                }
            }
        };
        if job.step.best_effort && matches!(error.kind(), ErrorKind::Failed | ErrorKind::Locked) {
            return self.skip(job, attempt, began.elapsed(), error).await;
        }
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

    /// Whether the database holds nothing but our journal and what extensions brought.
    pub(super) async fn is_unused(&self) -> Result<bool> {
        let row = self
            .session
            .client()
            .query_typed_one(include_str!("unused.sql"), &[])
            .await
            .map_err(session::lost)?;
        Ok(row.get(0))
    }

    /// The row of a step that is done at its first attempt.
    pub(super) fn step_row(&self, name: &StepName, direction: crate::event::Direction, step: &Step) -> Write {
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

    /// Runs a group of revisions in one transaction. Whether it was committed.
    pub(super) async fn group(&mut self, revisions: &[(Step, Vec<Write>)]) -> Result<bool> {
        self.clean().await?;
        let policy = self.policy.lane(windlass_compiler::lane::Lane::Ddl);
        let limits = Limits {
            lock_timeout: policy.lock_timeout.longest().unwrap_or_default(),
            statement_timeout: policy.statement_timeout.unwrap_or_default(),
            idle_in_transaction: policy.blocking_idle_timeout.unwrap_or_default(),
            blocks: true,
        };
        let fence = journal::fence(self.fence);
        let client = self.session.client();
        let writes = revisions.iter().flat_map(|(_, writes)| writes).chain([&fence]);
        self.prepared
            .ensure(client, writes)
            .await
            .map_err(session::lost)?;
        match attempt::grouped(client, &limits, &fence, &self.prepared, revisions).await {
            Ok(()) => Ok(true),
            Err(error) if session::is_lost(&error) => Err(session::lost(error)),
            Err(_) => Ok(false),
        }
    }

    /// Notes that a revision of a group is done.
    pub(super) fn grouped(&mut self, name: StepName, took: Duration) {
        let revision = name.revision.clone();
        self.report.steps.push(StepReport {
            lane: name.lane,
            name,
            attempts: 1,
            took,
            warning: None,
        });
        self.report.revisions.push(revision.clone());
        self.observer.event(Event::RevisionDone {
            revision,
            direction: crate::event::Direction::Up,
            took,
        });
    }

    /// One attempt of a transactional step.
    async fn transaction(&mut self, job: &Job<'_>, policy: &LanePolicy, attempt: u32) -> Result<Attempted> {
        self.clean().await?;
        let limits = limits(policy, job.step, attempt);
        let role = self.policy.role.value.as_deref();
        let fence = journal::fence(self.fence);
        let own = journal::step_done(&end(job, attempt, None), &self.run_id);
        let none = Prepared::default();
        let prepared = if job.step.changes_session() || job.session.is_some() {
            &none
        } else {
            let writes = [&fence, &own].into_iter().chain(&job.before).chain(&job.after);
            self.prepared
                .ensure(self.session.client(), writes)
                .await
                .map_err(session::lost)?;
            &self.prepared
        };
        // The writes of a job are values that may be sent again with each attempt.
        let envelope = Envelope {
            fence,
            before: &job.before,
            own: vec![own],
            after: &job.after,
            session: job.session.as_deref(),
            keep_session: job.keep_session,
            role,
            prepared,
        };
        self.dirty = job.step.changes_session() || job.session.is_some();
        let client = self.session.client();
        let sample = self.sampled(limits.lock_timeout);
        let run = attempt::transaction(client, &limits, &envelope, job.step);
        let (outcome, blockers) = tokio::select! {
            outcome = with_sample(run, sample) => outcome,
            () = self.stop.asked() => {
                self.observer.event(Event::Stopping);
                self.session.cancel().await;
                return Err(session::interrupted());
            }
        };
        match outcome {
            Ok(()) => Ok(Attempted::Done),
            Err(Failed::Fenced) => Err(lost_the_lead()),
            Err(Failed::Fatal(error)) => Err(error),
            Err(Failed::Commit(error)) => refused(error, "failed to commit", blockers),
            Err(Failed::Statement(index, error)) => {
                let statement = &job.step.statements[index];
                let what = format!("line {}: {}", statement.line, attempt::one_line(&statement.sql));
                refused(error, &what, blockers)
            }
        }
    }

    /// One attempt of a statement that refuses a transaction.
    async fn alone(&mut self, job: &Job<'_>, policy: &LanePolicy, attempt: u32) -> Result<Attempted> {
        self.clean().await?;
        let Some(statement) = job.step.statements.first() else {
            return Ok(Attempted::Done);
        };
        let watch = Watch {
            observer: self.observer,
            stop: self.stop,
            step: &job.name,
        };
        let client = self.session.client();
        if job.again && statement.probe == Probe::Nothing && attempt == 1 {
            return self.unknown(job).await;
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
        let sent = match finding {
            Finding::Done => {
                self.observer.event(Event::Repaired {
                    step: job.name.clone(),
                    what: "it is already there as the statement wants it".to_owned(),
                });
                Ok(Ok(()))
            }
            Finding::Unknown => return self.unknown(job).await,
            Finding::Send => self.send(statement.clone()).await,
            Finding::SendInstead(sql) => {
                self.send(windlass_compiler::plan::PlannedStatement {
                    sql,
                    ..statement.clone()
                })
                .await
            }
        };
        let client = self.session.client();
        match sent? {
            Ok(()) => {
                repair::after(client, statement).await?;
                self.record_alone(job, attempt).await?;
                Ok(Attempted::Done)
            }
            Err(error) => {
                let what = format!("line {}: {}", statement.line, attempt::one_line(&statement.sql));
                if session::is_lost(&error) {
                    return Err(session::failed(error, &what));
                }
                client
                    .batch_execute("SET lock_timeout = 0; SET statement_timeout = 0")
                    .await
                    .map_err(session::lost)?;
                repair::clean_up(client, statement, &watch).await?;
                let attempted = refused(error, &what, Vec::new())?;
                if let Attempted::Failed { error, .. } = &attempted {
                    journal::note_step_error(
                        &job.name.revision,
                        job.direction,
                        job.step.number,
                        false,
                        &error.to_string(),
                    )
                    .send(self.lock.client())
                    .await
                    .map_err(session::lost)?;
                }
                Ok(attempted)
            }
        }
    }

    /// Sends a statement outside any transaction; a wish to stop cancels it.
    async fn send(
        &self,
        statement: windlass_compiler::plan::PlannedStatement,
    ) -> Result<std::result::Result<(), tokio_postgres::Error>> {
        let client = self.session.client();
        let run = attempt::execute(client, &statement);
        let mut run = std::pin::pin!(run);
        let outcome = tokio::select! {
            outcome = &mut run => outcome,
            () = self.stop.asked() => {
                self.observer.event(Event::Stopping);
                self.session.cancel().await;
                // The answer tells whether the cancel came in time.
                match run.await {
                    Ok(()) => Ok(()),
                    Err(_) => return Err(session::interrupted()),
                }
            }
        };
        match outcome {
            Ok(()) => Ok(Ok(())),
            Err(Refusal::Server(error)) => Ok(Err(error)),
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

    async fn unknown(&self, job: &Job<'_>) -> Result<Attempted> {
        journal::note_step_error(
            &job.name.revision,
            job.direction,
            job.step.number,
            true,
            "an earlier run was interrupted while it ran",
        )
        .send(self.lock.client())
        .await
        .map_err(session::lost)?;
        Err(super::revision::unknown_step(&job.name))
    }

    /// A best-effort step is given up: its row says so, and `status` keeps saying it.
    async fn skip(&mut self, job: Job<'_>, attempt: u32, took: Duration, error: Error) -> Result<()> {
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
        self.report.steps.push(report(&job, attempt, took, Some(reason)));
        Ok(())
    }

    fn done(&mut self, job: &Job<'_>, attempts: u32, took: Duration, warning: Option<String>) {
        self.observer.event(Event::StepDone {
            step: job.name.clone(),
            took,
            attempts,
        });
        self.report.steps.push(report(job, attempts, took, warning));
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

    /// The sessions in the way, sampled shortly before a lock timeout fires: afterwards the queue
    /// has moved on.
    async fn sampled(&self, lock_timeout: Duration) -> Vec<Blocker> {
        if lock_timeout.is_zero() {
            return std::future::pending().await;
        }
        tokio::time::sleep(lock_timeout.mul_f64(0.7)).await;
        blockers::of(self.lock.client(), self.session.pid)
            .await
            .unwrap_or_default()
    }

    /// Says on the lock connection what is being done; a lost lock stops the run before the step.
    async fn beat(&mut self, job: &Job<'_>) -> Result<()> {
        const EVERY: Duration = Duration::from_secs(1);
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
            self.observer.event(Event::Notice {
                step: step.clone(),
                severity: notice.severity().to_owned(),
                message: notice.message().to_owned(),
            });
        }
    }

    fn lane_policy(&self, job: &Job<'_>) -> Result<LanePolicy> {
        let step = job.step;
        let origin = Origin::Directive {
            path: job.name.revision.as_str().into(),
            line: step.statements.first().map_or(1, |statement| statement.line),
        };
        let said = |value: Option<Duration>| value.map(|value| Setting::new(value, origin.clone()));
        let overrides = Overrides {
            stall_budget: said(step.overrides.stall_budget),
            lock_timeout: said(step.overrides.lock_timeout),
            statement_timeout: said(step.overrides.statement_timeout),
        };
        self.policy
            .for_statement(step.lane, &overrides)
            .map_err(|error| Error::input(error.to_string(), vec![error.to_diagnostic()]))
    }
}

/// Runs an attempt; while it waits for a lock, the blockers are sampled once.
async fn with_sample(
    run: impl Future<Output = std::result::Result<(), Failed>>,
    sample: impl Future<Output = Vec<Blocker>>,
) -> (std::result::Result<(), Failed>, Vec<Blocker>) {
    let (mut run, mut sample) = (std::pin::pin!(run), std::pin::pin!(sample));
    let blockers = tokio::select! {
        outcome = &mut run => return (outcome, Vec::new()),
        blockers = &mut sample => blockers,
    };
    (run.await, blockers)
}

fn limits(policy: &LanePolicy, step: &Step, attempt: u32) -> Limits {
    let blocks = step.blocks();
    let catalog_only = step.statements.iter().all(|statement| statement.catalog_only);
    let statement_timeout = if catalog_only && blocks {
        policy.catalog_statement_timeout
    } else {
        policy.statement_timeout
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

fn report(job: &Job<'_>, attempts: u32, took: Duration, warning: Option<String>) -> StepReport {
    StepReport {
        name: job.name.clone(),
        lane: job.step.lane,
        attempts,
        took,
        warning,
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

/// The failure that stands: a lock that was not had is told by attempts and holders.
fn given_up(
    error: Error,
    failure: Failure,
    attempts: u32,
    elapsed: Duration,
    blockers: Vec<Blocker>,
) -> Error {
    if !matches!(failure, Failure::LockTimeout | Failure::OwnCancel) {
        return error;
    }
    let message = format!(
        "{}; gave up after {attempts} attempts over {}",
        error,
        windlass_compiler::duration::show_duration(Duration::from_secs(elapsed.as_secs().max(1)))
    );
    let mut locked =
        Error::new(ErrorKind::Locked, message).with_sqlstate(error.sqlstate().unwrap_or("55P03"));
    if let Some(pid) = blockers.first().and_then(|blocker| blocker.pid) {
        locked = locked.hint(format!(
            "end that session (SELECT pg_terminate_backend({pid})), or wait for it"
        ));
    }
    locked
        .with_blockers(blockers)
        .hint("then run the same command again; it resumes at this step")
}

pub(super) fn lost_the_lead() -> Error {
    Error::new(
        ErrorKind::ConnectionLost,
        "another runner leads by now; nothing of this step was committed",
    )
    .hint("run the same command again; it finds what is left to do")
}
