//! One part of a range: the transactions that it takes, and what is done when one of them fails.

use std::time::{Duration, Instant};

use super::part::Part;
use super::poison::shown;
use super::{Halt, Worker};
use crate::backfill::batch::{self, End, Frame, Remedy, Trouble};
use crate::backfill::prepare;
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::journal::backfills::{self as journal, RangeRow};
use crate::run::lost_the_lead;
use crate::session;

/// While the rows that somebody holds are looked for, a lock is not waited for longer than this.
const HALF_WAIT: Duration = Duration::from_millis(100);
/// A part of at most so many rows is put off when somebody holds one of them.
const PUT_OFF: i64 = 100;

impl Worker<'_> {
    /// All of a part, in as many transactions as it takes. Whether the range is still this worker's.
    pub(super) async fn part(&mut self, range: &mut RangeRow, part: Part) -> std::result::Result<bool, Halt> {
        let mut stack = vec![part];
        let mut is_whole = true;
        let mut attempt = 0;
        let began = Instant::now();
        while let Some(part) = stack.last_mut() {
            let error = match self.batch(range, part, is_whole).await {
                Ok(rows) => {
                    self.changed += rows;
                    range.cursor = Some(part.end.clone());
                    attempt = 0;
                    stack.pop();
                    continue;
                }
                Err(Trouble::Fenced) => return Err(lost_the_lead().into()),
                Err(Trouble::Taken) => return Ok(false),
                Err(Trouble::Loss(error)) => return Err(error.into()),
                Err(Trouble::Server(error)) => error,
            };
            attempt += 1;
            let code = error
                .code()
                .map(|code| code.code().to_owned())
                .unwrap_or_default();
            let remedy = if session::is_lost(&error) {
                Remedy::Reconnect
            } else {
                batch::remedy(&code)
            };
            let half = match remedy {
                Remedy::Reconnect => return Err(Halt::Server(error)),
                Remedy::GiveUp => return Err(self.failed(error).into()),
                Remedy::Again => {
                    self.control.halve();
                    let is_small = part.rows.is_some_and(|rows| rows <= PUT_OFF);
                    // The halves are not waited for: one of them has the row that somebody holds.
                    if (is_whole && attempt <= 2) || range.is_postponed() {
                        self.wait_for_rows(&code, attempt, began).await?;
                        continue;
                    }
                    if is_small {
                        None
                    } else {
                        self.half(range, part).await?
                    }
                }
                Remedy::Smaller => {
                    self.control.halve();
                    self.note_cancel(attempt, &error);
                    self.half(range, part).await?
                }
                Remedy::Bisect => self.half(range, part).await?,
            };
            if let Some(half) = half {
                attempt = 0;
                is_whole = false;
                stack.push(half);
                continue;
            }
            let part = part.clone();
            match remedy {
                Remedy::Again => {
                    if !self.put_off(range, &part).await? {
                        return Ok(false);
                    }
                }
                Remedy::Smaller => {
                    if attempt > 3 {
                        return Err(self.too_slow(range, &part, error).into());
                    }
                    self.board.note(&self.id, |view| view.is_smallest = true);
                    continue;
                }
                _ => {
                    if !self.poison(range, &part, &error).await? {
                        return Ok(false);
                    }
                }
            }
            range.cursor = Some(part.end);
            attempt = 0;
            stack.pop();
        }
        Ok(true)
    }

    /// One transaction.
    async fn batch(
        &mut self,
        range: &RangeRow,
        part: &Part,
        is_whole: bool,
    ) -> std::result::Result<u64, Trouble> {
        let sql = match prepare::statement(
            self.task,
            self.cut,
            &range.partition,
            &self.bounds(range, &part.end),
            None,
        ) {
            Ok(sql) => sql,
            // It was narrowed the same way when it was planned.
            Err(_) => return Err(Trouble::Taken),
        };
        let began = Instant::now();
        self.board.note(&self.id, |view| {
            view.batch_since = Some(began);
            view.is_cancelled = false;
            view.batch_rows = self.control.rows();
        });
        let end = End {
            key: &part.end,
            seen: part.rows,
            is_last: part.is_last,
        };
        let mut frame = self.frame();
        if !is_whole {
            frame.lock_timeout = frame.lock_timeout.min(HALF_WAIT);
        }
        let done = batch::execute(self.session.client(), &frame, range, &sql, &end).await;
        let took = began.elapsed();
        let rows = *done.as_ref().unwrap_or(&0);
        let passed = part.rows.map_or(rows, |rows| rows.unsigned_abs());
        self.board.note(&self.id, |view| {
            view.batch_since = None;
            if done.is_ok() {
                view.seen += passed;
                view.is_smallest = false;
            }
        });
        if done.is_ok()
            && let Some(rows) = part.rows
        {
            self.control.succeeded(rows.unsigned_abs(), took);
        }
        done
    }

    pub(super) fn frame(&self) -> Frame<'_> {
        let policy = &self.crew.policy;
        Frame {
            name: &self.task.name,
            worker: &self.id,
            fence: self.crew.fence,
            prepared: &self.prepared,
            lock_timeout: self
                .task
                .lock_timeout
                .or(policy.lock_timeout.longest())
                .unwrap_or_default(),
            statement_timeout: self
                .task
                .statement_timeout
                .or(policy.statement_timeout)
                .unwrap_or_default(),
            skips_triggers: self.task.skips_triggers(),
            watching: self.watching.as_ref(),
            backing: self.backing.as_ref().filter(|_| self.watching.is_some()),
        }
    }

    /// Somebody holds rows of a part: waits before the next attempt, and gives up in the end.
    async fn wait_for_rows(&self, code: &str, attempt: u32, began: Instant) -> std::result::Result<(), Halt> {
        let policy = &self.crew.policy;
        let ceiling = policy.backoff.ceiling(attempt);
        let pause = if policy.backoff.is_jittered() {
            ceiling.mul_f64(0.5 + rand::random::<f64>() / 2.0)
        } else {
            ceiling
        };
        let view = self
            .board
            .note(&self.id, |view| std::mem::take(&mut view.blockers));
        let blockers = view.unwrap_or_default();
        let reason = match code {
            "40P01" => "PostgreSQL resolved a deadlock",
            "40001" => "the transaction could not be serialized",
            _ => "somebody holds its rows",
        };
        if policy
            .retry_for
            .is_some_and(|limit| began.elapsed() + pause > limit)
        {
            let name = &self.task.name;
            return Err(Error::new(
                ErrorKind::Locked,
                format!("backfill {name}: {reason}; gave up after {attempt} attempts"),
            )
            .with_sqlstate(code)
            .with_blockers(blockers)
            .hint("everything else of it is done; end that session and run the same command again")
            .into());
        }
        self.crew.retried();
        self.crew.observer.event(Event::Retrying {
            step: self.task.step.clone(),
            attempt,
            reason: reason.to_owned(),
            blockers,
            after: pause,
        });
        self.board.rest(self.crew.stop, pause).await?;
        Ok(())
    }

    fn note_cancel(&self, attempt: u32, error: &tokio_postgres::Error) {
        let is_ours = self
            .board
            .note(&self.id, |view| std::mem::take(&mut view.is_cancelled));
        let reason = match is_ours {
            Some(true) => "application queries waited for it; smaller now".to_owned(),
            _ => error.as_db_error().map_or_else(
                || error.to_string(),
                |db| format!("{}; smaller now", db.message()),
            ),
        };
        self.crew.retried();
        self.crew.observer.event(Event::Retrying {
            step: self.task.step.clone(),
            attempt,
            reason,
            blockers: Vec::new(),
            after: Duration::ZERO,
        });
    }

    /// Lets a part that somebody holds wait until everything else is done.
    async fn put_off(&self, range: &RangeRow, part: &Part) -> std::result::Result<bool, Halt> {
        let write = journal::postpone(&self.task.name, range, &self.id, &part.end, part.is_last);
        Ok(write.send(self.session.client()).await? > 0)
    }

    fn too_slow(&self, range: &RangeRow, part: &Part, error: tokio_postgres::Error) -> Error {
        self.failed(error)
            .hint(format!(
                "even one row was not done in time, with the key {}",
                shown(&part.end)
            ))
            .hint(format!(
                "in {}; is there a trigger, or an index missing?",
                range.partition
            ))
    }
}
