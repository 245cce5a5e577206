//! One worker: claims a range, works through it batch by batch, and claims the next.

mod attempt;
mod part;
mod poison;

use std::time::{Duration, Instant};

use tokio_postgres::types::Type;

use super::batch;
use super::board::{Board, State};
use super::control::Control;
use super::crew::{Crew, OnPause};
use super::finish::{self, Turn};
use super::prepare;
use super::strategy::Access;
use super::task::{Cut, Task};
use super::throttle;
use crate::error::{Error, ErrorKind, Result};
use crate::event::Event;
use crate::guard::{BatchBacking, Watching};
use crate::journal::Prepared;
use crate::journal::backfills::{self as journal, RangeRow, Tenant};
use crate::run::{one_line, runner_name};
use crate::session::{self, Session};

/// Batches in a slice of a range that several workers, or several tenants, share.
const SLICE: u64 = 8;
/// Between two looks for a range, when others hold all that are left.
const IDLE: Duration = Duration::from_millis(250);
/// A tenant's progress is told no more often than this.
const TELL_EVERY: Duration = Duration::from_secs(2);
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

/// Whose rows a range holds, such as `business 7`.
fn whose(task: &Task, tenant: &Tenant) -> Option<String> {
    let word = task.word()?;
    match tenant {
        Tenant::All => None,
        Tenant::None => Some(format!("no {word}")),
        Tenant::One(tenant) => Some(format!("{word} {tenant}")),
    }
}
