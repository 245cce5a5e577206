//! What the workers of one process and their monitor tell each other. Nothing here outlives the process: what
//! others must know is in the journal.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::blockers::Blocker;
use crate::error::Result;
use crate::session::{self, Stop};

/// What the workers are to do.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Orders {
    /// The backfill's state in the journal.
    pub(super) state: State,
    /// The share of time to work; zero is to hold.
    pub(super) duty: f64,
    /// Why it is not all of the time.
    pub(super) reasons: Vec<String>,
    /// How often batches were too large for somebody who waited.
    pub(super) shrinks: u64,
    /// VACUUM is at work, at our request.
    pub(super) vacuums: bool,
    /// One of the workers failed.
    pub(super) quits: bool,
}

/// A backfill's state in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Running,
    Paused,
    Cancelled,
    Failed,
    Done,
    /// Its revision was reverted.
    Gone,
}

impl State {
    pub(super) fn of(word: Option<&str>) -> Self {
        match word {
            Some("running") => Self::Running,
            Some("paused") => Self::Paused,
            Some("cancelled") => Self::Cancelled,
            Some("failed") => Self::Failed,
            Some("done") => Self::Done,
            _ => Self::Gone,
        }
    }
}

/// A worker as the others see it.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) id: String,
    pub(super) pid: i32,
    pub(super) backend_start: String,
    /// Since when its batch has been under way.
    pub(super) batch_since: Option<Instant>,
    /// The monitor cancelled that batch.
    pub(super) is_cancelled: bool,
    /// It must not be cancelled: it cannot be made smaller.
    pub(super) is_smallest: bool,
    pub(super) batch_rows: u64,
    /// Who held its rows when it was last seen to wait.
    pub(super) blockers: Vec<Blocker>,
    /// Rows that it has passed since it began, and those of them that the monitor knew at its last look.
    pub(super) seen: u64,
    pub(super) seen_before: u64,
    pub(super) rows_per_second: f64,
}

/// Where they meet.
pub(super) struct Board {
    orders: watch::Sender<Orders>,
    views: Mutex<Vec<View>>,
    vacuum: tokio::sync::Notify,
}

impl Board {
    pub(super) fn new() -> Self {
        Self {
            orders: watch::Sender::new(Orders {
                state: State::Running,
                duty: 1.0,
                reasons: Vec::new(),
                shrinks: 0,
                vacuums: false,
                quits: false,
            }),
            views: Mutex::default(),
            vacuum: tokio::sync::Notify::new(),
        }
    }

    pub(super) fn orders(&self) -> Orders {
        self.orders.borrow().clone()
    }

    pub(super) fn order(&self, change: impl FnOnce(&mut Orders)) {
        self.orders.send_if_modified(|orders| {
            let before = orders.clone();
            change(orders);
            *orders != before
        });
    }

    /// Waits until the orders are so, or stopping is asked for.
    pub(super) async fn until(&self, stop: &Stop, is_so: impl Fn(&Orders) -> bool) -> Result<()> {
        let mut orders = self.orders.subscribe();
        tokio::select! {
            _ = orders.wait_for(|orders| is_so(orders)) => Ok(()),
            () = stop.asked() => Err(session::interrupted()),
        }
    }

    /// Rests, but not longer than the orders stay as they are.
    pub(super) async fn rest(&self, stop: &Stop, pause: Duration) -> Result<()> {
        let now = self.orders();
        tokio::select! {
            () = tokio::time::sleep(pause) => Ok(()),
            rested = self.until(stop, |orders| orders.state != now.state || orders.quits) => rested,
        }
    }

    pub(super) fn ask_for_vacuum(&self) {
        self.vacuum.notify_one();
    }

    pub(super) async fn vacuum_asked(&self) {
        self.vacuum.notified().await;
    }

    /// Whoever asked meanwhile asked too early.
    pub(super) fn forget_vacuum(&self) {
        let _ = futures_util::FutureExt::now_or_never(self.vacuum.notified());
    }

    fn lock(&self) -> MutexGuard<'_, Vec<View>> {
        // Plain values: whoever panicked left none of them half written.
        self.views.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn views(&self) -> Vec<View> {
        self.lock().clone()
    }

    /// A worker begins, or has a session anew.
    pub(super) fn enter(&self, id: &str, pid: i32, backend_start: &str) {
        let mut views = self.lock();
        let seen = views
            .iter()
            .find(|view| view.id == id)
            .map_or(0, |view| view.seen);
        views.retain(|view| view.id != id);
        views.push(View {
            id: id.to_owned(),
            pid,
            backend_start: backend_start.to_owned(),
            batch_since: None,
            is_cancelled: false,
            is_smallest: false,
            batch_rows: 0,
            blockers: Vec::new(),
            seen,
            seen_before: seen,
            rows_per_second: 0.0,
        });
    }

    pub(super) fn note<T>(&self, id: &str, change: impl FnOnce(&mut View) -> T) -> Option<T> {
        self.lock().iter_mut().find(|view| view.id == id).map(change)
    }
}
