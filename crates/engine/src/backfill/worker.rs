//! One worker: claims a range, works through it batch by batch, and claims the next.

use std::time::{Duration, Instant};

use tokio_postgres::types::Type;

use super::batch::{self, End, Frame, Remedy, Trouble};
use super::board::{Board, State};
use super::control::Control;
use super::crew::{Crew, OnPause};
use super::finish::{self, Turn};
use super::keys::{self, Bounds};
use super::prepare;
use super::strategy::Access;
use super::task::{Cut, Task};
use super::throttle;
use crate::error::{Error, ErrorKind, Result};
use crate::event::Event;
use crate::guard::{BatchBacking, Watching};
use crate::journal::Prepared;
use crate::journal::backfills::{self as journal, RangeRow, Tenant};
use crate::run::{lost_the_lead, one_line, runner_name};
use crate::session::{self, Session};
use windlass_compiler::directive::OnError;

/// Batches in a slice of a range that several workers, or several tenants, share.
const SLICE: u64 = 8;
/// While the rows that somebody holds are looked for, a lock is not waited for longer than this.
const HALF_WAIT: Duration = Duration::from_millis(100);
/// Between two looks for a range, when others hold all that are left.
const IDLE: Duration = Duration::from_millis(250);
/// A tenant's progress is told no more often than this.
const TELL_EVERY: Duration = Duration::from_secs(2);
/// A part of at most so many rows is put off when somebody holds one of them.
const PUT_OFF: i64 = 100;
/// How often the session is opened anew, or a cancelled query asked again, in a row.
const PATIENCE: u32 = 12;

/// A session of its own, and what it is doing.
pub(super) struct Worker<'a> {
    crew: &'a Crew<'a>,
    board: &'a Board,
    task: &'a Task,
    cut: &'a Cut,
    id: String,
    /// What is sent around each batch.
    watching: Option<Watching>,
    /// Where the rows are kept that it takes.
    backing: Option<BatchBacking>,
    session: Session,
    prepared: Prepared,
    control: Control,
    shrinks: u64,
    told: Instant,
    /// Rows of the tenant that it works for.
    changed: u64,
}

/// How a worker left off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// Nothing is left to do.
    Over,
    /// The backfill was paused.
    Paused,
    /// Another worker failed.
    Quit,
}

/// What a look for work came to.
enum Next {
    Worked,
    /// Others hold what is left.
    Idle,
    Over,
}

/// Why a worker cannot go on just so.
enum Halt {
    Server(tokio_postgres::Error),
    Fatal(Error),
}

impl From<tokio_postgres::Error> for Halt {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Server(error)
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Fatal(error)
    }
}

/// A stretch of a range that one transaction may take.
#[derive(Debug, Clone)]
struct Part {
    end: Vec<String>,
    /// Rows in it, as they were counted or estimated.
    rows: Option<i64>,
    is_last: bool,
}

impl<'a> Worker<'a> {
    pub(super) fn new(
        crew: &'a Crew<'a>,
        board: &'a Board,
        task: &'a Task,
        cut: &'a Cut,
        session: Session,
    ) -> Self {
        let id = crate::run::run_id();
        board.enter(&id, session.pid, &session.backend_start);
        let options = &task.options;
        let control = match (options.batch, options.target) {
            (Some(rows), _) => Control::fixed(rows),
            (None, target) => Control::adaptive(target.unwrap_or(super::control::TARGET)),
        };
        Self {
            watching: task.watching(),
            backing: None,
            crew,
            board,
            task,
            cut,
            id,
            session,
            prepared: Prepared::default(),
            control,
            shrinks: 0,
            told: Instant::now(),
            changed: 0,
        }
    }

    /// Works until nothing is left, or it cannot go on.
    pub(super) async fn run(mut self) -> Result<Left> {
        let left = self.ranges().await;
        if left.is_err() {
            self.board.order(|orders| orders.quits = true);
        }
        self.release().await;
        left
    }

    /// Gives its ranges back. What is not given back is free when the session has ended.
    async fn release(&self) {
        let _ = journal::release_ranges(self.session.client(), &self.task.name, &self.id).await;
    }

    async fn ranges(&mut self) -> Result<Left> {
        self.announce().await?;
        let mut troubles = 0;
        loop {
            self.crew.stop.check()?;
            let orders = self.board.orders();
            if orders.quits {
                return Ok(Left::Quit);
            }
            match orders.state {
                State::Running => {}
                State::Done => return Ok(Left::Over),
                State::Paused if self.crew.on_pause == OnPause::Leave => return Ok(Left::Paused),
                State::Paused => {
                    // Whoever looks sees that nobody holds anything.
                    self.release().await;
                    self.crew
                        .stop_or(self.board, |orders| orders.state != State::Paused)
                        .await?;
                    self.announce().await?;
                    continue;
                }
                State::Cancelled | State::Failed | State::Gone => return Err(self.ended(orders.state)),
            }
            if orders.duty <= 0.0 || orders.vacuums {
                let goes_on = |orders: &super::board::Orders| {
                    (orders.duty > 0.0 && !orders.vacuums) || orders.state != State::Running || orders.quits
                };
                self.crew.stop_or(self.board, goes_on).await?;
                continue;
            }
            if orders.shrinks > self.shrinks {
                self.shrinks = orders.shrinks;
                self.control.halve();
            }
            match self.step().await {
                Ok(Next::Worked) => troubles = 0,
                Ok(Next::Idle) => self.board.rest(self.crew.stop, IDLE).await?,
                Ok(Next::Over) => return Ok(Left::Over),
                Err(Halt::Fatal(error)) => return Err(error),
                Err(Halt::Server(error)) => {
                    troubles += 1;
                    self.recover(error, troubles).await?;
                }
            }
        }
    }

    /// The journal knows this worker before it claims anything, so that others see when its backend ends.
    async fn announce(&mut self) -> Result<()> {
        self.prepared = batch::prepare(self.session.client(), self.crew.fence)
            .await
            .map_err(session::lost)?;
        self.backing = self.task.backing(self.session.client()).await?;
        let (client, name) = (self.session.client(), &self.task.name);
        journal::announce_worker(client, &self.id, name, &runner_name(), self.session.pid)
            .await
            .map(|_| ())
            .map_err(session::lost)
    }

    fn ended(&self, state: State) -> Error {
        let name = &self.task.name;
        match state {
            State::Cancelled => Error::new(ErrorKind::Refused, format!("backfill {name} was cancelled"))
                .hint(format!(
                    "windlass backfill resume {name}, then run the same command again"
                )),
            State::Failed => Error::new(ErrorKind::Failed, format!("backfill {name} failed elsewhere"))
                .hint(format!("windlass backfill status {name} says why")),
            _ => prepare::gone(self.task),
        }
    }

    /// After an error outside a batch: a session that is gone is opened anew, a query that was cancelled is
    /// asked again.
    async fn recover(&mut self, error: tokio_postgres::Error, troubles: u32) -> Result<()> {
        let is_cancelled = error.code().is_some_and(|code| code.code() == "57014");
        let is_lost = session::is_lost(&error);
        if troubles > PATIENCE || !(is_cancelled || is_lost) {
            return Err(self.failed(error));
        }
        if is_cancelled {
            // The monitor's cancel came after the batch that it was meant for.
            self.board.note(&self.id, |view| view.is_cancelled = false);
            return Ok(());
        }
        let pause = Duration::from_millis(100) * 2_u32.pow(troubles.min(6));
        self.board.rest(self.crew.stop, pause).await?;
        // Its range is found again by the claim, with the cursor that was committed.
        if let Ok(session) = self.crew.open(self.task).await {
            self.session = session;
            self.board
                .enter(&self.id, self.session.pid, &self.session.backend_start);
            // The first claim fails like this one should this session be gone too.
            let _ = self.announce().await;
        }
        Ok(())
    }

    fn failed(&self, error: tokio_postgres::Error) -> Error {
        let what = format!("line {}: {}", self.task.line, one_line(&self.task.statement));
        session::failed(error, &what)
    }

    /// Claims a range and works on it until it is done or there are other orders.
    async fn step(&mut self) -> std::result::Result<Next, Halt> {
        let claimed = journal::claim_range(self.session.client(), &self.task.name, &self.id).await?;
        let Some(mut range) = claimed else {
            return self.turn_over().await;
        };
        let density = match self.cut.access {
            Access::Blocks => self.density(&mut range).await?,
            Access::Key(_) => 1.0,
        };
        if range.is_open {
            let slice = self.control.rows().saturating_mul(SLICE);
            let part = self.next_part(&range, slice, density).await?;
            if !part.is_last {
                let client = self.session.client();
                let cut = journal::cut_range(client, &self.task.name, &range, &self.id, &part.end).await?;
                let Some(number) = cut else {
                    return Ok(Next::Worked);
                };
                range.number = number;
                range.upper = part.end;
            }
        }
        self.changed = match (&range.tenant, self.task.word()) {
            (Tenant::All, _) | (_, None) => 0,
            (tenant, Some(_)) => {
                let client = self.session.client();
                let (rows, _) = journal::tenant_done(client, &self.task.name, tenant).await?;
                u64::try_from(rows).unwrap_or_default()
            }
        };
        loop {
            let part = self.next_part(&range, self.control.rows(), density).await?;
            let began = Instant::now();
            if !self.part(&mut range, part.clone()).await? {
                self.refresh().await?;
                return Ok(Next::Worked);
            }
            self.tell(&range, part.is_last).await?;
            if part.is_last {
                return Ok(Next::Worked);
            }
            let orders = self.board.orders();
            let rest =
                throttle::rest(began.elapsed(), orders.duty) + self.task.options.pause.unwrap_or_default();
            if !rest.is_zero() {
                self.board.rest(self.crew.stop, rest).await?;
            }
            let is_news =
                orders.state != State::Running || orders.quits || orders.vacuums || orders.duty <= 0.0;
            if is_news || orders.shrinks > self.shrinks || self.crew.stop.is_asked() {
                // The claim stays: this range is the first that the next claim finds.
                return Ok(Next::Worked);
            }
        }
    }

    /// The journal's word on whether to go on, at once.
    async fn refresh(&self) -> std::result::Result<(), Halt> {
        let row = self
            .session
            .client()
            .query_typed_opt(
                "SELECT state FROM windlass.backfill WHERE name = $1",
                &[(&self.task.name, Type::TEXT)],
            )
            .await?;
        let state = State::of(row.as_ref().map(|row| row.get(0)));
        self.board.order(|orders| orders.state = state);
        Ok(())
    }

    /// No range is free: is the pass over, and does another follow?
    async fn turn_over(&mut self) -> std::result::Result<Next, Halt> {
        let Some(tally) = journal::tally(self.session.client(), &self.task.name).await? else {
            return Err(prepare::gone(self.task).into());
        };
        if tally.state != "running" {
            self.refresh().await?;
            return Ok(Next::Worked);
        }
        if tally.left > 0 {
            return Ok(Next::Idle);
        }
        match finish::turn(&self.session, self.crew, self.task, self.cut, &tally).await? {
            Turn::Again => Ok(Next::Worked),
            Turn::Over => Ok(Next::Over),
        }
    }

    /// Rows in a block, and a range whose table was rewritten since begins anew.
    async fn density(&self, range: &mut RangeRow) -> std::result::Result<f64, Halt> {
        let row = self
            .session
            .client()
            .query_typed_opt(
                "SELECT pg_catalog.pg_relation_filenode(oid), \
                        CASE WHEN relpages > 0 AND reltuples > 0 THEN reltuples / relpages ELSE 50 END::float8, \
                        pg_catalog.pg_relation_size(oid) / pg_catalog.current_setting('block_size')::bigint \
                   FROM pg_catalog.pg_class WHERE oid = $1",
                &[(&range.partition_oid, Type::OID)],
            )
            .await?;
        let Some(row) = row else {
            return Err(Error::new(
                ErrorKind::Diverged,
                format!(
                    "{} was dropped while backfill {} worked on it",
                    range.partition, self.task.name
                ),
            )
            .into());
        };
        let filenode: Option<u32> = row.get(0);
        if filenode != range.filenode {
            let blocks: i64 = row.get(2);
            let upper = vec![blocks.to_string()];
            journal::restart_range(self.session.client(), &self.task.name, range, filenode, &upper).await?;
            self.crew.observer.event(Event::Warning {
                message: format!(
                    "{} was rewritten meanwhile (VACUUM FULL, CLUSTER, ALTER TABLE): backfill {} reads it again",
                    range.partition, self.task.name
                ),
                hint: None,
            });
            range.filenode = filenode;
            range.upper = upper;
            range.cursor = None;
        }
        Ok(row.get::<_, f64>(1).max(1.0))
    }

    fn bounds<'b>(&'b self, range: &'b RangeRow, until: &'b [String]) -> Bounds<'b> {
        Bounds {
            access: &self.cut.access,
            tenant_column: self.cut.tenant.as_ref(),
            tenant: &range.tenant,
            after: range.cursor.as_deref(),
            until,
        }
    }

    /// The table that a range is of, as queries name it.
    fn source(&self, range: &RangeRow) -> String {
        let only = if self.task.change.target.only { "ONLY " } else { "" };
        format!("{only}{}", range.partition)
    }

    /// The next stretch of about `rows` rows.
    async fn next_part(
        &self,
        range: &RangeRow,
        rows: u64,
        density: f64,
    ) -> std::result::Result<Part, tokio_postgres::Error> {
        let Some(query) = self
            .bounds(range, &range.upper)
            .end_query(&self.source(range), rows)
        else {
            return Ok(blocks(range, rows, density));
        };
        let found = self.session.client().query_typed_opt(&query, &[]).await?;
        let end: Option<Vec<String>> = found.map(|row| row.get(0));
        Ok(match end {
            Some(end) => Part {
                is_last: end == range.upper,
                rows: i64::try_from(rows).ok(),
                end,
            },
            None => Part {
                end: range.upper.clone(),
                rows: None,
                is_last: true,
            },
        })
    }

    /// About half of a part, to go before it; none where it cannot be halved.
    async fn half(&self, range: &RangeRow, part: &mut Part) -> std::result::Result<Option<Part>, Halt> {
        if self.cut.access == Access::Blocks {
            return Ok(
                keys::half_of_blocks(range.cursor.as_deref(), &part.end).map(|end| Part {
                    end,
                    rows: part.rows.map(|rows| (rows / 2).max(1)),
                    is_last: false,
                }),
            );
        }
        let client = self.session.client();
        let bounds = self.bounds(range, &part.end);
        let source = self.source(range);
        // Rows may have gone since they were counted.
        for counts in [part.rows.is_none(), true] {
            if counts {
                let condition = bounds.condition("target");
                let sql = format!("SELECT pg_catalog.count(*) FROM {source} AS target WHERE {condition}");
                part.rows = Some(client.query_typed_one(&sql, &[]).await?.get(0));
            }
            let rows = part.rows.unwrap_or_default();
            if rows <= 1 {
                return Ok(None);
            }
            let half = rows / 2;
            let Some(query) = bounds.end_query(&source, half.unsigned_abs()) else {
                return Ok(None);
            };
            let found = client.query_typed_opt(&query, &[]).await?;
            let end: Option<Vec<String>> = found.map(|row| row.get(0));
            if let Some(end) = end.filter(|end| *end != part.end) {
                part.rows = Some(rows - half);
                return Ok(Some(Part {
                    end,
                    rows: Some(half),
                    is_last: false,
                }));
            }
        }
        Ok(None)
    }

    /// All of a part, in as many transactions as it takes. Whether the range is still this worker's.
    async fn part(&mut self, range: &mut RangeRow, part: Part) -> std::result::Result<bool, Halt> {
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

    fn frame(&self) -> Frame<'_> {
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

    /// A row that fails with an error of its own is recorded, and passed over where that is wanted.
    async fn poison(
        &mut self,
        range: &RangeRow,
        part: &Part,
        error: &tokio_postgres::Error,
    ) -> std::result::Result<bool, Halt> {
        let client = self.session.client();
        let name = &self.task.name;
        let key = self.identity(range, part).await?;
        let code = error
            .code()
            .map(|code| code.code().to_owned())
            .unwrap_or_default();
        let message = error
            .as_db_error()
            .map_or_else(|| error.to_string(), |db| db.message().to_owned());
        let note = journal::note_row_error(name, range, &key, &code, &message);
        let most = match self.task.options.on_error {
            OnError::Stop => {
                note.send(client).await?;
                let failed = Error::new(
                    ErrorKind::Failed,
                    format!(
                        "backfill {name}: the row {key} of {} cannot be changed: {message}",
                        range.partition
                    ),
                )
                .with_sqlstate(&code)
                .hint("the rows before it are done; correct this one, then run the same command again")
                .hint("or let such rows be passed over: on-error skip N in the backfill's directive");
                return Err(failed.into());
            }
            OnError::Skip(most) => most,
        };
        let end = End {
            key: &part.end,
            seen: Some(1),
            is_last: part.is_last,
        };
        match batch::pass_over(client, &self.frame(), range, &end, note).await {
            Ok(()) => {}
            Err(Trouble::Fenced) => return Err(lost_the_lead().into()),
            Err(Trouble::Taken) => return Ok(false),
            Err(Trouble::Loss(error)) => return Err(error.into()),
            Err(Trouble::Server(error)) => return Err(error.into()),
        }
        self.crew.observer.event(Event::BackfillRowFailed {
            step: self.task.step.clone(),
            table: range.partition.clone(),
            key,
            sqlstate: code,
            message: message.clone(),
        });
        let errors = journal::tally(client, name)
            .await?
            .map_or(0, |tally| tally.errors);
        if u64::try_from(errors).unwrap_or_default() > most {
            return Err(Error::new(
                ErrorKind::Failed,
                format!("backfill {name}: {errors} rows failed, and {most} were to be passed over; the last: {message}"),
            )
            .hint(format!("windlass backfill status {name} lists them"))
            .into());
        }
        Ok(true)
    }

    /// The row that a part of one row is, for people.
    async fn identity(&self, range: &RangeRow, part: &Part) -> std::result::Result<String, Halt> {
        let Access::Blocks = self.cut.access else {
            return Ok(shown(&part.end));
        };
        let ctid = keys::first_ctid(range.cursor.as_deref());
        if self.cut.identity.is_empty() {
            return Ok(format!("at {ctid}"));
        }
        let sql = format!(
            "SELECT {} FROM ONLY {} AS target WHERE target.ctid = '{ctid}'",
            keys::key_texts(&self.cut.identity, "target"),
            range.partition
        );
        let row = self.session.client().query_typed_opt(&sql, &[]).await?;
        Ok(row.map_or_else(
            || format!("at {ctid}"),
            |row| shown(&row.get::<_, Vec<String>>(0)),
        ))
    }

    /// Tells how far a tenant is.
    async fn tell(&mut self, range: &RangeRow, is_last: bool) -> std::result::Result<(), Halt> {
        let Some(whose) = whose(self.task, &range.tenant) else {
            return Ok(());
        };
        if is_last {
            let client = self.session.client();
            let (rows, is_done) = journal::tenant_done(client, &self.task.name, &range.tenant).await?;
            if is_done {
                self.crew.observer.event(Event::BackfillProgress {
                    step: self.task.step.clone(),
                    whose,
                    rows: u64::try_from(rows).unwrap_or_default(),
                    done: true,
                });
            }
        } else if self.told.elapsed() >= TELL_EVERY {
            self.told = Instant::now();
            self.crew.observer.event(Event::BackfillProgress {
                step: self.task.step.clone(),
                whose,
                rows: self.changed,
                done: false,
            });
        }
        Ok(())
    }
}

/// The next blocks, about `rows` rows of them.
fn blocks(range: &RangeRow, rows: u64, density: f64) -> Part {
    let number = |bound: Option<&String>| bound.and_then(|text| text.parse::<u64>().ok());
    let from = number(range.cursor.as_deref().and_then(<[String]>::first)).unwrap_or_default();
    let upper = number(range.upper.first()).unwrap_or_default();
    let end = from
        .saturating_add(((rows as f64 / density) as u64).max(1))
        .min(upper);
    Part {
        end: vec![end.to_string()],
        rows: Some((end.saturating_sub(from) as f64 * density) as i64),
        is_last: end >= upper,
    }
}

/// A key for people.
fn shown(key: &[String]) -> String {
    match key {
        [one] => one.clone(),
        several => format!("({})", several.join(", ")),
    }
}

/// Whose rows a range holds, such as `business 7`.
fn whose(task: &Task, tenant: &Tenant) -> Option<String> {
    let word = task.word()?;
    match tenant {
        Tenant::All => None,
        Tenant::None => Some(format!("no {word}")),
        Tenant::One(tenant) => Some(format!("{word} {tenant}")),
    }
}
