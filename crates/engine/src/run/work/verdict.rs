//! What an attempt's end means: whose doing it was, whether another may help, and the words for a step that is given up.

use std::time::Duration;

use windlass_compiler::format::RevisionId;
use windlass_compiler::lane::Lane;
use windlass_compiler::plan::Step;
use windlass_compiler::policy::LanePolicy;

use super::{Attempted, Job, Work};
use crate::blockers::Blocker;
use crate::error::{Error, ErrorKind, Result};
use crate::event::Event;
use crate::journal;
use crate::run::acquire::Approach;
use crate::run::attempt::{self, Limits};
use crate::run::retry::Failure;
use crate::run::watchdog::{End, Seen};
use crate::session;

impl Work<'_> {
    /// What an attempt came to, with what the watchdog saw: an end that was our own doing is none of the
    /// statement's failures.
    pub(super) fn judged(
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
        let is_ours = matches!(failure, Failure::Final | Failure::Partly | Failure::Lost);
        let step = job.name.clone();
        let stalled = seen.longest_stall;
        let judged = match seen.ended.filter(|_| is_ours) {
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
                Failure::Blind
            }
        };
        Attempted::Failed {
            // Whoever ended it, what it had committed stays.
            failure: if failure == Failure::Partly {
                failure
            } else {
                judged
            },
            error,
            blockers,
        }
    }

    /// A statement that commits by itself and failed somewhere: the next run would not know where to go on.
    pub(super) async fn decide_about(&self, job: &Job<'_>, error: Error) -> Error {
        let (revision, number) = (&job.name.revision, job.step.number);
        let noted = journal::note_step_error(revision, job.direction, number, true, &error);
        if let Err(error) = noted.send(self.lock.client()).await {
            return session::lost(error);
        }
        let error = error.hint("it may have committed a part of its work before it failed");
        to_decide(error.of_kind(ErrorKind::OutcomeUnknown), revision, number)
    }
}

/// What a person can say about a step of which nothing tells how it ended.
pub(in crate::run) fn to_decide(error: Error, id: &RevisionId, number: u32) -> Error {
    error
        .hint("look at the database, then say what is true:")
        .hint(format!(
            "it happened:       windlass resolve {id} --step {number} done"
        ))
        .hint(format!(
            "it did not happen: windlass resolve {id} --step {number} retry"
        ))
        .hint(format!(
            "it is not wanted:  windlass resolve {id} --step {number} abandon"
        ))
}

/// A server's refusal as an attempt that failed; a lost connection ends the run.
pub(in crate::run) fn refused(
    error: tokio_postgres::Error,
    what: &str,
    blockers: Vec<Blocker>,
) -> Result<Attempted> {
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
pub(super) fn is_too_long(
    error: &tokio_postgres::Error,
    step: &Step,
    limits: &Limits,
    took: Duration,
) -> bool {
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
pub(super) fn not_in_time(error: tokio_postgres::Error, blockers: Vec<Blocker>) -> Attempted {
    Attempted::Failed {
        failure: Failure::LockTimeout,
        error: session::failed(error, "failed to lock its tables"),
        blockers,
    }
}

/// Nobody could queue for the step's locks without making others wait.
pub(super) fn never_clear(job: &Job<'_>, blockers: Vec<Blocker>) -> Attempted {
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
pub(super) fn given_up(
    error: Error,
    policy: &LanePolicy,
    failure: Failure,
    attempts: u32,
    elapsed: Duration,
    blockers: Vec<Blocker>,
) -> Error {
    if !matches!(
        failure,
        Failure::LockTimeout | Failure::OwnCancel | Failure::Blind | Failure::NeverClear | Failure::TooLong
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
    if failure == Failure::Blind {
        locked = locked.hint(
            "the watchdog's connection did not answer in time, and without it nobody sees who waits: look at the \
             network, and at how busy server and runner are",
        );
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
