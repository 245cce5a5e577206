//! One attempt at a statement that refuses a transaction: its intent is noted, it is looked up in the catalog before and
//! behind, and what cannot be looked up is an unknown outcome.

use std::time::Duration;

use tokio_postgres::error::ErrorPosition;
use windlass_compiler::lane::Lane;
use windlass_compiler::plan::{FrozenStatement, PlannedStatement, Probe};
use windlass_compiler::policy::LanePolicy;

use super::limits::limits;
use super::verdict::refused;
use super::{Attempted, Job, Work, end};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, StepName};
use crate::journal::{self, Write};
use crate::run::attempt::{self, Refusal};
use crate::run::repair::{self, Finding, Watch};
use crate::run::retry::Failure;
use crate::run::watchdog::{Rule, Seen};
use crate::session;

impl Work<'_> {
    /// One attempt of a statement that refuses a transaction.
    pub(super) async fn alone(
        &mut self,
        job: &Job<'_>,
        policy: &LanePolicy,
        attempt: u32,
    ) -> Result<(Attempted, Seen)> {
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
        if job.again && *statement.probe() == Probe::Nothing && attempt == 1 {
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
            Finding::Send => {
                self.send(PlannedStatement::clone(statement), rule, &job.name)
                    .await?
            }
            Finding::SendInstead(sql) => {
                let instead = PlannedStatement {
                    sql: sql.as_str().into(),
                    ..PlannedStatement::clone(statement)
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
            Err(error) => Ok((self.not_done(job, policy, statement, error, &watch).await?, seen)),
        }
    }

    /// What is to be done about a statement that the server refused or whose answer was lost.
    async fn not_done(
        &mut self,
        job: &Job<'_>,
        policy: &LanePolicy,
        statement: &PlannedStatement,
        error: tokio_postgres::Error,
        watch: &Watch<'_>,
    ) -> Result<Attempted> {
        let what = format!("line {}: {}", statement.line, attempt::one_line(&statement.sql));
        if session::is_lost(&error) {
            if *statement.probe() == Probe::Nothing {
                return Err(session::failed(error, &what));
            }
            return self.recovered(job, error, &what).await;
        }
        let client = self.session.client();
        client
            .batch_execute("SET lock_timeout = 0; SET statement_timeout = 0")
            .await
            .map_err(session::lost)?;
        repair::clean_up(client, statement.probe(), &statement.sql, watch).await?;
        let in_time = error.code().is_none_or(|code| code.code() != "57014");
        // An error of the statement's own text, such as a procedure that is not there, comes before any of it runs.
        let has_run = error.as_db_error().is_none_or(|db| {
            db.where_().is_some() || !matches!(db.position(), Some(ErrorPosition::Original(_)))
        });
        let is_partly = has_run && statement.opaque && *statement.probe() == Probe::Nothing;
        let mut attempted = refused(error, &what, Vec::new())?;
        if let Attempted::Failed { error, failure, .. } = &mut attempted {
            if error.sqlstate() == Some("0A000")
                && let Some(hint) = repair::of_partitions(client, statement.probe()).await?
            {
                error.add_hint(hint);
            }
            if is_partly {
                *failure = Failure::Partly;
            }
            if let Some(deadline) = policy.deadline.filter(|_| !in_time) {
                let limit = windlass_compiler::duration::show_duration(deadline);
                error.add_hint(format!(
                    "index_deadline is {limit}; a longer one, or none, lets it go on"
                ));
            }
            journal::note_step_error(&job.name.revision, job.direction, job.step.number, false, error)
                .send(self.lock.client())
                .await
                .map_err(session::lost)?;
        }
        Ok(attempted)
    }

    /// Looks at what a statement left that an interrupted run sent and that was edited away since.
    pub(in crate::run) async fn left_behind(
        &mut self,
        step: &StepName,
        ran: &FrozenStatement,
        session: Option<&str>,
    ) -> Result<()> {
        self.clean().await?;
        let budget = self.policy.lane(Lane::Index).stall_budget;
        let watch = Watch {
            observer: self.observer,
            stop: self.stop,
            step,
            lock_timeout: budget.map_or(Duration::ZERO, |budget| budget / 2),
        };
        let client = self.session.client();
        let replay = session.and_then(attempt::replay).unwrap_or_default();
        client.batch_execute(&replay).await.map_err(session::lost)?;
        self.dirty = true;
        if let Some(left) = repair::left_behind(client, &ran.probe(), &ran.sql, &watch).await? {
            self.observer.event(Event::Warning {
                message: format!(
                    "an interrupted run had begun step {} of {}, which is not in its file any more: {left}",
                    step.number, step.revision
                ),
                hint: Some(format!("it was: {}", step.title)),
            });
        }
        Ok(())
    }

    /// Sends a statement outside any transaction; a wish to stop cancels it.
    async fn send(
        &mut self,
        statement: PlannedStatement,
        rule: Rule,
        step: &StepName,
    ) -> Result<(std::result::Result<(), tokio_postgres::Error>, Seen)> {
        let client = self.session.client();
        let follow = crate::run::progress::follow(
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

    pub(in crate::run) async fn record_alone(&self, job: &Job<'_>, attempt: u32) -> Result<()> {
        let done = journal::step_done(&end(job, attempt, None), &self.run_id);
        let mut writes = vec![&done];
        writes.extend(&job.after);
        self.commit(&writes).await
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
            Ok(_) => crate::run::revision::unknown_step(&job.name),
            Err(error) => session::lost(error),
        }
    }
}
