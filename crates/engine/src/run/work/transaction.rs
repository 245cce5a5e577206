//! One attempt at a step that is a transaction, at a group of revisions in one, and a work session that was lost.

use std::time::{Duration, Instant};

use windlass_compiler::lane::Lane;
use windlass_compiler::plan::Step;
use windlass_compiler::policy::LanePolicy;

use super::limits::limits;
use super::verdict::{is_too_long, lost_the_lead, not_in_time, refused};
use super::{Attempted, Job, Work, end};
use crate::error::Result;
use crate::event::{Direction, Event, StepName};
use crate::guard::{self, Loss, Place};
use crate::journal::{self, Prepared, Write};
use crate::run::acquire::Approach;
use crate::run::attempt::{self, Envelope, Failed, Guarded, Limits};
use crate::run::request::StepReport;
use crate::run::retry::Failure;
use crate::run::watchdog::{Rule, Seen};
use crate::session;

impl Work<'_> {
    /// Runs a group of revisions in one transaction, `names` being their steps. The longest wait for it that was seen,
    /// when it was committed.
    pub(in crate::run) async fn group(
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
    pub(in crate::run) fn grouped(&mut self, name: StepName, took: Duration, stalled: Duration) {
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
    pub(super) async fn transaction(
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
            later_lock_timeout: policy.later_lock_timeout.unwrap_or(limits.lock_timeout),
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
        let follow =
            crate::run::progress::follow(lock, self.session.pid, &self.run_id, &job.name, self.observer);
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
                let took = sent.elapsed();
                self.refused(job, approach, failed, (&limits, took), &seen)
                    .await?
            }
        };
        Ok((attempted, seen))
    }

    /// What is to be done about an attempt that failed.
    async fn refused(
        &mut self,
        job: &Job<'_>,
        approach: &mut Approach,
        failed: Failed,
        (limits, took): (&Limits, Duration),
        seen: &Seen,
    ) -> Result<Attempted> {
        let (error, what) = match failed {
            Failed::Fenced => return Err(lost_the_lead()),
            Failed::Fatal(error) => return Err(error),
            Failed::Loss(losses) => {
                if losses.iter().all(|loss| loss.is_among(&approach.suspected)) {
                    return Err(guard::refusal(&losses));
                }
                approach.suspected.extend(losses);
                return Ok(Attempted::Again);
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
                if seen.ended.is_none() && is_too_long(&error, job.step, limits, took) {
                    return Ok(Attempted::Failed {
                        failure: Failure::TooLong,
                        error: session::failed(error, &what),
                        blockers: Vec::new(),
                    });
                }
                (error, what)
            }
            Failed::Prelude(error) => match error.code().map(|code| code.code()) {
                // Not every role that may change a table may lock it.
                Some("42501") => {
                    approach.bare = true;
                    return Ok(Attempted::Again);
                }
                // The limit on all the locks behind the first one.
                Some("57014") if seen.ended.is_none() => {
                    return Ok(not_in_time(error, seen.blockers.clone()));
                }
                _ => (error, "failed to lock its tables".to_owned()),
            },
            Failed::Commit(error) => (error, "failed to commit".to_owned()),
        };
        if session::is_lost(&error) {
            return self.recovered(job, error, &what).await;
        }
        refused(error, &what, Vec::new())
    }

    /// The work session is gone while this runner still leads: its backend was terminated by our watchdog, by
    /// the server's own limit on an idle transaction, or by somebody. Whether COMMIT came before is in the
    /// journal.
    pub(super) async fn recovered(
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
        crate::run::orphan::take_fence(&self.session, self.lock, self.observer, self.stop).await?;
        Ok(true)
    }
}
