//! The workers of one process on one backfill, with those who watch over them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future;
use tokio_postgres::Client;
use windlass_compiler::policy::LanePolicy;

use super::board::{Board, Orders, State};
use super::monitor;
use super::prepare;
use super::task::{Cut, Task};
use super::worker::{Left, Worker};
use crate::connect::ConnectOptions;
use crate::error::{ErrorKind, Result};
use crate::event::{Event, Observe};
use crate::journal::Fence;
use crate::journal::backfills::{self as journal, Beat, Tally};
use crate::run::replay;
use crate::session::{self, Purpose, Session, SessionSettings, Stop};

/// What to do while a backfill is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnPause {
    /// Somebody waits for it to be done.
    Wait,
    /// There may be other work.
    Leave,
}

/// The surroundings of a backfill.
pub(crate) struct Crew<'a> {
    connect: &'a ConnectOptions,
    settings: &'a SessionSettings,
    pub(super) policy: LanePolicy,
    /// The lead under which it runs; a deferred one has none.
    pub(super) fence: Option<Fence>,
    pub(super) observer: &'a dyn Observe,
    pub(super) stop: &'a Stop,
    pub(super) on_pause: OnPause,
    /// In place of what the directive says.
    workers: Option<u32>,
    /// Nothing slows it down, whatever the directive says.
    pub(super) is_unthrottled: bool,
    retries: AtomicU32,
    stall: Mutex<Duration>,
}

/// How a crew left off.
#[derive(Debug)]
pub(crate) enum Ended {
    /// All rows are done; to say so in the journal is left to the caller.
    Complete(Tally),
    /// It was paused.
    Paused,
}

impl<'a> Crew<'a> {
    pub(crate) fn new(
        connect: &'a ConnectOptions,
        settings: &'a SessionSettings,
        policy: LanePolicy,
        observer: &'a dyn Observe,
        stop: &'a Stop,
    ) -> Self {
        Self {
            connect,
            settings,
            policy,
            fence: None,
            observer,
            stop,
            on_pause: OnPause::Wait,
            workers: None,
            is_unthrottled: false,
            retries: AtomicU32::new(0),
            stall: Mutex::default(),
        }
    }

    /// Works under the lead of a run.
    pub(crate) fn fenced(self, fence: Fence) -> Self {
        Self {
            fence: Some(fence),
            ..self
        }
    }

    pub(crate) fn on_pause(self, on_pause: OnPause) -> Self {
        Self { on_pause, ..self }
    }

    /// With so many workers, whatever the directive says.
    pub(crate) fn workers(self, workers: Option<u32>) -> Self {
        Self { workers, ..self }
    }

    pub(crate) fn unthrottled(self, is_unthrottled: bool) -> Self {
        Self {
            is_unthrottled,
            ..self
        }
    }

    /// Attempts that failed and were made again.
    pub(crate) fn retries(&self) -> u32 {
        self.retries.load(Ordering::Relaxed)
    }

    /// The longest that an application's query was seen to wait for a batch.
    pub(crate) fn longest_stall(&self) -> Duration {
        *self.stall.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note_stall(&self, stall: Duration) {
        let mut longest = self.stall.lock().unwrap_or_else(PoisonError::into_inner);
        *longest = stall.max(*longest);
    }

    pub(super) fn retried(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    /// Opens a session with the settings that the revision made before the backfill.
    pub(super) async fn open(&self, task: &Task) -> Result<Session> {
        let session = session::open(self.connect, self.settings, Purpose::Work).await?;
        if let Some(settings) = task.session.as_deref().and_then(replay) {
            session
                .client()
                .batch_execute(&settings)
                .await
                .map_err(session::lost)?;
        }
        Ok(session)
    }

    /// A session to see with.
    pub(super) async fn watch(&self) -> Result<Session> {
        session::open(self.connect, self.settings, Purpose::Watch).await
    }

    /// Waits until the orders are so, or fails because stopping is asked for.
    pub(super) async fn stop_or(&self, board: &Board, is_so: impl Fn(&Orders) -> bool) -> Result<()> {
        board.until(self.stop, is_so).await
    }

    /// A worker's sign of life.
    pub(super) async fn beat(
        &self,
        client: &Client,
        board: &Board,
        task: &Task,
        worker: &str,
    ) -> std::result::Result<(), tokio_postgres::Error> {
        let Some(view) = board.note(worker, |view| view.clone()) else {
            return Ok(());
        };
        let orders = board.orders();
        let beat = Beat {
            worker,
            name: &task.name,
            batch_rows: i64::try_from(view.batch_rows).unwrap_or(i64::MAX),
            rows_per_second: view.rows_per_second,
            duty: if orders.vacuums { 0.0 } else { orders.duty },
            reasons: orders.reasons,
        };
        journal::beat_worker(client, &beat).await.map(|_| ())
    }

    /// Works on a backfill that is in the journal until all its rows are done.
    pub(crate) async fn run(&self, task: &Task) -> Result<Ended> {
        let first = self.open(task).await?;
        let (cut, warnings) = prepare::cut(&first, task).await?;
        for message in warnings {
            self.observer.event(Event::Warning { message, hint: None });
        }
        let begun = journal::tally(first.client(), &task.name)
            .await
            .map_err(session::lost)?
            .ok_or_else(|| prepare::gone(task))?;
        self.observer.event(Event::BackfillStarted {
            step: task.step.clone(),
            tenants: task.word().map(|word| {
                (
                    word.to_owned(),
                    usize::try_from(begun.tenants).unwrap_or_default(),
                )
            }),
            rows: u64::try_from(begun.done).unwrap_or_default(),
        });
        let board = Board::new();
        board.order(|orders| orders.state = State::of(Some(&begun.state)));
        let crew = self.crew(task, &cut, &board, first);
        let left = tokio::select! {
            left = crew => left?,
            never = monitor::watch(self, &board, task, &cut) => match never {},
            never = monitor::vacuum(self, &board, task, &cut) => match never {},
        };
        if left.contains(&Left::Paused) {
            return Ok(Ended::Paused);
        }
        let client = self.open(task).await?;
        let tally = journal::tally(client.client(), &task.name)
            .await
            .map_err(session::lost)?;
        tally.map(Ended::Complete).ok_or_else(|| prepare::gone(task))
    }

    /// All workers until each of them has left off; the first error of theirs.
    async fn crew(&self, task: &Task, cut: &Cut, board: &Board, first: Session) -> Result<Vec<Left>> {
        let wanted = self.workers.unwrap_or_else(|| task.workers()).max(1);
        let mut sessions = vec![first];
        for _ in 1..wanted {
            sessions.push(self.open(task).await?);
        }
        let workers = sessions
            .into_iter()
            .map(|session| Worker::new(self, board, task, cut, session).run());
        let left: Vec<Result<Left>> = future::join_all(workers).await;
        // That another one failed, or that it was asked to stop, is not what there is to tell.
        let is_own = |left: &Result<Left>| {
            left.as_ref()
                .is_err_and(|error| error.kind() != ErrorKind::Interrupted)
        };
        match left.iter().position(is_own) {
            Some(at) => left.into_iter().skip(at).take(1).collect(),
            None => left.into_iter().collect(),
        }
    }
}
