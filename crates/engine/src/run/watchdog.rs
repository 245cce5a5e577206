//! The watchdog: sees on a connection of its own who waits for the work session, and ends what we do before
//! anyone has waited for the stall budget, whatever the statement is doing.
//!
//! A timeout on the server bounds what was foreseen. This bounds what was not: a scan under a strong lock, a
//! lock that the statement does not name, a colleague's ALTER that queues behind our index build.

use std::pin::pin;
use std::time::{Duration, Instant};

use tokio_postgres::types::Type;
use windlass_compiler::lane::Lane;
use windlass_compiler::policy::{LanePolicy, OnDdlWaiter};

use crate::blockers::Blocker;
use crate::connect::ConnectOptions;
use crate::error::Result;
use crate::session::{self, Purpose, Session, SessionSettings};
use crate::waits::{self, Snapshot, Waiter};

/// Looks at least this often, however long the budget is.
const INTERVAL: Duration = Duration::from_millis(50);

/// What a cancel takes to arrive and to be acted on, on a busy server.
const CANCEL: Duration = Duration::from_millis(100);

/// A cancelled backend that still makes others wait after this long is terminated: a cancel does nothing to
/// one that is idle in its transaction (measured).
const GRACE: Duration = Duration::from_millis(100);

/// Watches the work session of one run.
pub(super) struct Watchdog<'a> {
    connect: &'a ConnectOptions,
    settings: &'a SessionSettings,
    /// Opened when it is needed first.
    session: Option<Session>,
}

/// What the watchdog does about those who wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    /// Between two looks.
    interval: Duration,
    /// The stall at which we end what we do: the budget less the time that looking and cancelling take.
    /// None where nobody is to be protected.
    limit: Option<Duration>,
    whom: Whom,
}

/// Whose wait counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whom {
    /// Any client's.
    Every,
    /// Who only reads or changes rows: ANALYZE and other DDL may wait for an index build.
    RowWork,
    /// The same, as long as no DDL of somebody else's stands in between.
    DirectRowWork,
}

/// Between two looks, for a policy that asks for `wanted`.
pub(super) fn interval(wanted: Duration) -> Duration {
    INTERVAL.min(wanted)
}

impl Rule {
    /// The rule for a step of this lane.
    pub(super) fn of(policy: &LanePolicy, on_ddl_waiter: OnDdlWaiter) -> Self {
        let interval = policy
            .stall_budget
            .map_or(INTERVAL, |budget| interval(budget / 10));
        let limit = policy.stall_budget.map(|budget| {
            let spent = interval + CANCEL.min(budget / 5);
            budget.saturating_sub(spent)
        });
        let whom = match (policy.lane, on_ddl_waiter) {
            (Lane::Index | Lane::Validate, OnDdlWaiter::Cancel) => Whom::RowWork,
            (Lane::Index | Lane::Validate, OnDdlWaiter::Keep) => Whom::DirectRowWork,
            (Lane::Ddl | Lane::Dml | Lane::Backfill | Lane::Utility, _) => Whom::Every,
        };
        Self {
            interval,
            limit,
            whom,
        }
    }

    fn counts(&self, waiter: &Waiter) -> bool {
        waiter.is_application
            && match self.whom {
                Whom::Every => true,
                Whom::RowWork => waiter.is_row_work,
                Whom::DirectRowWork => waiter.is_row_work && waiter.through.is_none(),
            }
    }

    /// Those for whose sake we must end what we do.
    fn stalled<'w>(&self, waiters: &'w [Waiter]) -> Vec<&'w Waiter> {
        let is_due = |waiter: &&Waiter| self.limit.is_some_and(|limit| waiter.stalled >= limit);
        waiters
            .iter()
            .filter(is_due)
            .filter(|waiter| self.counts(waiter))
            .collect()
    }
}

/// What was done, and what the watchdog saw meanwhile.
pub(super) struct Watched<T> {
    pub(super) outcome: T,
    pub(super) seen: Seen,
}

/// What the watchdog saw while something ran.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The longest that an application's query had waited for us when it was looked at.
    pub(super) longest_stall: Duration,
    /// Whom we waited for at the last look at which we waited for anybody.
    pub(super) blockers: Vec<Blocker>,
    /// We ended it ourselves, for these.
    pub(super) ended_for: Option<Vec<Blocker>>,
}

/// Why the watchdog ended what it watched.
enum End {
    Stalled(Vec<Blocker>),
    /// It could not see for longer than anyone may wait.
    Blind,
}

/// How it is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Cancel,
    Terminate,
    CancelRequest,
}

impl<'a> Watchdog<'a> {
    pub(super) fn new(connect: &'a ConnectOptions, settings: &'a SessionSettings) -> Self {
        Self {
            connect,
            settings,
            session: None,
        }
    }

    /// The watchdog's connection, opened if need be.
    pub(super) async fn session(&mut self) -> Result<&Session> {
        if self
            .session
            .as_ref()
            .is_none_or(|session| session.client().is_closed())
        {
            self.session = None;
            let opened = session::open(self.connect, self.settings, Purpose::Watch).await?;
            return Ok(self.session.insert(opened));
        }
        // The branch above returns where there is none.
        match &self.session {
            Some(session) => Ok(session),
            None => Err(session::interrupted()),
        }
    }

    /// Opens a work session anew.
    pub(super) async fn reopen(&self) -> Result<Session> {
        session::open(self.connect, self.settings, Purpose::Work).await
    }

    /// Watches `work` while `run` goes on, and ends it when `rule` says so.
    pub(super) async fn guard<T>(
        &mut self,
        work: &Session,
        rule: Rule,
        run: impl Future<Output = T>,
    ) -> Watched<T> {
        let began = Instant::now();
        let mut run = pin!(run);
        let mut seen = Seen::default();
        let mut last_look = began;
        let mut pause = rule.interval;
        let outcome = loop {
            tokio::select! {
                biased;
                outcome = &mut run => break outcome,
                () = tokio::time::sleep(pause) => {}
            }
            let looked = {
                let mut look = pin!(self.look(rule));
                tokio::select! {
                    biased;
                    outcome = &mut run => break outcome,
                    looked = &mut look => looked,
                }
            };
            pause = rule.interval;
            let end = match looked {
                Some(snapshot) => {
                    last_look = Instant::now();
                    judge(&snapshot, work.pid, began.elapsed(), rule, &mut seen)
                }
                None if rule.limit.is_some_and(|limit| last_look.elapsed() >= limit) => Some(End::Blind),
                None => None,
            };
            let Some(end) = end else { continue };
            let again = seen.ended_for.is_some();
            let how = match (&end, again) {
                (End::Blind, _) => How::CancelRequest,
                (End::Stalled(_), false) => How::Cancel,
                (End::Stalled(_), true) => How::Terminate,
            };
            if let End::Stalled(waiters) = end {
                seen.ended_for = Some(waiters);
            } else {
                seen.ended_for.get_or_insert_default();
            }
            let act = self.end(work, how);
            // What was asked for must have arrived before the session is used for anything else: a late
            // cancel would hit the next statement.
            let mut act = pin!(act);
            let mut done = None;
            loop {
                tokio::select! {
                    biased;
                    outcome = &mut run, if done.is_none() => done = Some(outcome),
                    () = &mut act => break,
                }
            }
            if let Some(outcome) = done {
                break outcome;
            }
            pause = GRACE;
        };
        Watched { outcome, seen }
    }

    /// One look; none when the watchdog cannot see.
    async fn look(&mut self, rule: Rule) -> Option<Snapshot> {
        const LONGEST: Duration = Duration::from_secs(1);
        let patience = rule.limit.map_or(LONGEST, |limit| LONGEST.min(limit / 2));
        let look = async {
            let session = self.session().await.ok()?;
            waits::snapshot(session.client()).await.ok()
        };
        let looked = tokio::time::timeout(patience, look).await.ok().flatten();
        if looked.is_none() {
            // A connection that does not answer in time is not asked again.
            self.session = None;
        }
        looked
    }

    /// Ends what the work session does. The backend's start says that its pid is still the one we mean.
    async fn end(&self, work: &Session, how: How) {
        let session = match &self.session {
            Some(session) if how != How::CancelRequest => session,
            // It needs no connection to ask on.
            _ => return work.cancel().await,
        };
        let sql = if how == How::Terminate {
            "SELECT pg_catalog.pg_terminate_backend($1) FROM pg_catalog.pg_stat_get_activity($1) AS activity \
              WHERE activity.backend_start::text = $2"
        } else {
            "SELECT pg_catalog.pg_cancel_backend($1) FROM pg_catalog.pg_stat_get_activity($1) AS activity \
              WHERE activity.backend_start::text = $2"
        };
        let asked = session
            .client()
            .query_typed(sql, &[(&work.pid, Type::INT4), (&work.backend_start, Type::TEXT)])
            .await;
        if asked.is_err() {
            work.cancel().await;
        }
    }
}

fn judge(snapshot: &Snapshot, ours: i32, since: Duration, rule: Rule, seen: &mut Seen) -> Option<End> {
    let blockers = snapshot.blockers_of(ours);
    if !blockers.is_empty() {
        seen.blockers = blockers;
    }
    let waiters = snapshot.waiting_on(ours, since);
    let applications = waiters.iter().filter(|waiter| waiter.is_application);
    let longest = applications
        .map(|waiter| waiter.stalled)
        .max()
        .unwrap_or_default();
    seen.longest_stall = seen.longest_stall.max(longest);
    let stalled = rule.stalled(&waiters);
    (!stalled.is_empty())
        .then(|| End::Stalled(stalled.into_iter().map(|waiter| waiter.session.clone()).collect()))
}
