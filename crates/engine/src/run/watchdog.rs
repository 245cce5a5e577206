//! The watchdog: sees on a connection of its own who waits for the work session, and ends what we do before
//! anyone has waited for the stall budget, whatever the statement is doing.
//!
//! A timeout on the server bounds what was foreseen. This bounds what was not: a scan under a strong lock, a
//! lock that the statement does not name, a colleague's ALTER that queues behind our index build.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_postgres::types::{ToSql, Type};
use windlass_compiler::lane::Lane;
use windlass_compiler::plan::PlannedStatement;
use windlass_compiler::policy::{LanePolicy, OnDdlWaiter};

use super::switch::Switch;
use crate::blockers::Blocker;
use crate::connect::ConnectOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, Observe, StepName};
use crate::session::{self, Purpose, Session, SessionSettings};
use crate::waits::{self, Holder, Reached, Snapshot, Waiter};

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
    observer: &'a dyn Observe,
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
    /// What it watches can block for long, so that somebody has to be awake when the runner is not.
    is_armed: bool,
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
            is_armed: false,
        }
    }

    /// The rule for these statements: those that block and take long are ended even when the runner is frozen.
    pub(super) fn over(self, statements: &[Arc<PlannedStatement>]) -> Self {
        let blocks = statements.iter().any(|statement| statement.blocks());
        let takes_long = statements
            .iter()
            .any(|it| !it.catalog_only || it.lane != Lane::Ddl);
        Self {
            is_armed: blocks && takes_long,
            ..self
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

    /// Whether its wait is told as a query's, be it cause to end what we do or not.
    fn is_query(&self, waiter: &Waiter) -> bool {
        waiter.is_application && (self.whom == Whom::Every || waiter.is_row_work)
    }

    /// Those whose DDL waits for us and is let wait: what they want no application query needs.
    fn left_waiting<'w>(&self, waiters: &'w [Waiter]) -> impl Iterator<Item = &'w Waiter> {
        const WORTH_TELLING: Duration = Duration::from_millis(500);
        let is_long = self.whom != Whom::Every;
        waiters
            .iter()
            .filter(move |waiter| is_long && !waiter.is_row_work && waiter.stalled >= WORTH_TELLING)
            .filter(|waiter| waiter.is_application)
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
    /// We ended it ourselves.
    pub(super) ended: Option<End>,
}

/// Why the watchdog ended what it watched.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum End {
    /// These had waited for as long as they may.
    Stalled(Vec<Blocker>),
    /// It waited for these while they waited for it.
    Deadlock(Vec<Blocker>),
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
    pub(super) fn new(
        connect: &'a ConnectOptions,
        settings: &'a SessionSettings,
        observer: &'a dyn Observe,
    ) -> Self {
        Self {
            connect,
            settings,
            observer,
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

    /// Who holds what a step is about to ask for; `ours` are our other backends. A connection that is cut
    /// or does not answer is replaced by a new one.
    pub(super) async fn holders(&mut self, wanted: &[Reached], ours: [i32; 2]) -> Result<Vec<Holder>> {
        const ANSWER: Duration = Duration::from_secs(5);
        const TRIES: u32 = 5;
        for _ in 0..TRIES {
            let ask = async {
                let session = self.session().await?;
                let ours = [ours[0], ours[1], session.pid];
                waits::holders(session.client(), wanted, &ours)
                    .await
                    .map_err(session::lost)
            };
            match tokio::time::timeout(ANSWER, ask).await {
                Ok(Ok(holders)) => return Ok(holders),
                Ok(Err(error)) if error.kind() != ErrorKind::ConnectionLost => return Err(error),
                Ok(Err(_)) | Err(_) => self.session = None,
            }
        }
        Err(Error::new(
            ErrorKind::ConnectionLost,
            "the watchdog's connection does not answer, and without it nobody sees who waits",
        )
        .hint("run the same command again; it continues where this one stopped"))
    }

    /// Where sessions are opened, and how.
    pub(super) fn connection(&self) -> (&'a ConnectOptions, &'a SessionSettings) {
        (self.connect, self.settings)
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
        step: &StepName,
        run: impl Future<Output = T>,
    ) -> Watched<T> {
        let switch = match rule.limit.filter(|_| rule.is_armed) {
            Some(limit) => Switch::arm(self.connect, work, limit).await,
            None => None,
        };
        let began = Instant::now();
        let mut told: Vec<Option<i32>> = Vec::new();
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
                let mut look = pin!(self.look(rule, last_look));
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
                    let waiters = snapshot.waiting_on(work.pid, began.elapsed());
                    for waiter in rule.left_waiting(&waiters) {
                        if !told.contains(&waiter.session.pid) {
                            told.push(waiter.session.pid);
                            self.observer.event(Event::MakesWait {
                                step: step.clone(),
                                waiter: waiter.session.clone(),
                                waited: waiter.stalled,
                            });
                        }
                    }
                    judge(&snapshot, &waiters, work.pid, rule, &mut seen)
                }
                None if rule.limit.is_some_and(|limit| last_look.elapsed() >= limit) => Some(End::Blind),
                None => None,
            };
            let Some(end) = end else { continue };
            let how = match (&end, &seen.ended) {
                (End::Blind, _) => How::CancelRequest,
                (_, None) => How::Cancel,
                (_, Some(_)) => How::Terminate,
            };
            if end != End::Blind || seen.ended.is_none() {
                seen.ended = Some(end);
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
        if let Some(switch) = switch
            && switch.disarm().await
        {
            seen.ended = seen.ended.or(Some(End::Blind));
        }
        Watched { outcome, seen }
    }

    /// One look; none when the watchdog cannot see. It takes no longer than until it would have been blind
    /// for as long as anyone may wait.
    async fn look(&mut self, rule: Rule, last_look: Instant) -> Option<Snapshot> {
        const LONGEST: Duration = Duration::from_secs(1);
        let patience = rule.limit.map_or(LONGEST, |limit| {
            let left = limit.saturating_sub(last_look.elapsed());
            LONGEST.min(limit / 2).min(left.max(rule.interval))
        });
        let look = async {
            let session = self.session().await.ok()?;
            waits::snapshot(session).await.ok()
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
        let whom = [
            (&work.pid as &(dyn ToSql + Sync), Type::INT4),
            (&work.backend_start, Type::TEXT),
        ];
        let client = session.client();
        let asked = session::as_login(client, client.query_typed(sql, &whom)).await;
        if asked.is_err() {
            work.cancel().await;
        }
    }
}

fn judge(snapshot: &Snapshot, waiters: &[Waiter], ours: i32, rule: Rule, seen: &mut Seen) -> Option<End> {
    let blockers = snapshot.blockers_of(ours);
    if !blockers.is_empty() {
        seen.blockers = blockers;
    }
    let applications = waiters.iter().filter(|waiter| rule.is_query(waiter));
    let longest = applications
        .map(|waiter| waiter.stalled)
        .max()
        .unwrap_or_default();
    seen.longest_stall = seen.longest_stall.max(longest);
    let stalled = rule.stalled(waiters);
    if !stalled.is_empty() {
        let sessions = stalled.into_iter().map(|waiter| waiter.session.clone());
        return Some(End::Stalled(sessions.collect()));
    }
    // PostgreSQL fails whoever looks first, and that may be the other.
    let others = snapshot.deadlocked_with(ours, waiters);
    (rule.limit.is_some() && !others.is_empty()).then_some(End::Deadlock(others))
}
