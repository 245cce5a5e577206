//! Watches, on a connection of its own, what a backfill does to others: who waits for its batches, how far
//! replication is behind, what VACUUM has to do. It gives orders by the [`Board`] and signs of life for the
//! whole crew; the workers never wait for it.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use tokio_postgres::Statement;
use tokio_postgres::types::{ToSql, Type};

use super::board::{Board, Orders, State};
use super::crew::Crew;
use super::task::{Cut, Task};
use super::throttle::{self, Thresholds, Throttle};
use crate::event::Event;
use crate::journal::backfills::{self as journal, Tally};
use crate::session::{self, Session};
use crate::waits;

/// Between two looks at who waits.
const TICK: Duration = Duration::from_millis(50);
/// Between two looks at the server's state, and at the journal's.
const LOOK: Duration = Duration::from_secs(1);
/// How often progress is told.
const TELL: Duration = Duration::from_secs(5);
/// After it has held for so long it says what to do about that.
const LONG: Duration = Duration::from_secs(60);
/// Sessions and tables may be counted again so long after a VACUUM of ours.
const VACUUM_GAP: Duration = Duration::from_secs(60);

/// A batch that made somebody wait this long is cancelled and made smaller.
fn patience(crew: &Crew<'_>) -> Duration {
    const MOST: Duration = Duration::from_millis(150);
    crew.policy
        .stall_budget
        .map_or(MOST, |budget| MOST.min(budget / 4))
}

/// Watches for as long as it is polled.
pub(super) async fn watch(crew: &Crew<'_>, board: &Board, task: &Task, cut: &Cut) -> Infallible {
    let mut watch = Watch {
        crew,
        board,
        task,
        cut,
        session: None,
        throttle: Throttle::new(Thresholds::of(&task.options)),
        state: State::Running,
        looked: None,
        told: Instant::now(),
        pace: Pace::default(),
        held_since: None,
        has_warned: false,
    };
    loop {
        tokio::time::sleep(TICK).await;
        if watch.tick().await.is_err() {
            // It is opened anew; what it cannot see meanwhile the server's own timeouts bound.
            watch.session = None;
            tokio::time::sleep(LOOK).await;
        }
    }
}

struct Watch<'a> {
    crew: &'a Crew<'a>,
    board: &'a Board,
    task: &'a Task,
    cut: &'a Cut,
    session: Option<(Session, Statement)>,
    throttle: Throttle,
    /// The journal's, at the last look.
    state: State,
    looked: Option<Instant>,
    told: Instant,
    pace: Pace,
    held_since: Option<Instant>,
    has_warned: bool,
}

impl Watch<'_> {
    async fn tick(&mut self) -> std::result::Result<(), ()> {
        if self.session.is_none() {
            let session = self.crew.watch().await.map_err(|_| ())?;
            let somebody_waits = session
                .client()
                .prepare("SELECT EXISTS (SELECT FROM pg_catalog.pg_locks WHERE NOT granted)")
                .await
                .map_err(|_| ())?;
            self.session = Some((session, somebody_waits));
        }
        let Some((session, somebody_waits)) = &self.session else {
            return Err(());
        };
        let waits = session.client().query_one(somebody_waits, &[]).await;
        if waits.map_err(|_| ())?.get(0) {
            self.protect(session).await.map_err(|_| ())?;
        }
        let since = self.looked.map(|at| at.elapsed());
        if since.is_none_or(|since| since >= LOOK) {
            self.looked = Some(Instant::now());
            self.look(since.unwrap_or(LOOK)).await.map_err(|_| ())?;
        }
        Ok(())
    }

    /// Cancels a batch for which an application's query has waited too long, and notes whom batches wait for.
    async fn protect(&self, session: &Session) -> std::result::Result<(), tokio_postgres::Error> {
        let snapshot = waits::snapshot(session).await?;
        let patience = patience(self.crew);
        for view in self.board.views() {
            let Some(since) = view.batch_since else { continue };
            let blockers = snapshot.blockers_of(view.pid);
            if !blockers.is_empty() {
                self.board.note(&view.id, |view| view.blockers = blockers);
            }
            let waiters = snapshot.waiting_on(view.pid, since.elapsed());
            let stalled = waiters
                .iter()
                .filter(|waiter| waiter.is_application)
                .map(|waiter| waiter.stalled)
                .max()
                .unwrap_or_default();
            self.crew.note_stall(stalled);
            let is_same = |now: &super::board::View| now.batch_since == view.batch_since;
            let is_due = stalled >= patience
                && self
                    .board
                    .note(&view.id, |now| {
                        let due = is_same(now) && !now.is_cancelled && !now.is_smallest;
                        now.is_cancelled |= due;
                        due
                    })
                    .unwrap_or(false);
            if is_due {
                let client = session.client();
                let cancel = "SELECT pg_catalog.pg_cancel_backend($1) \
                                FROM pg_catalog.pg_stat_get_activity($1) AS activity \
                               WHERE activity.backend_start::text = $2";
                let whom: [(&(dyn ToSql + Sync), Type); 2] =
                    [(&view.pid, Type::INT4), (&view.backend_start, Type::TEXT)];
                session::as_login(client, client.query_typed(cancel, &whom)).await?;
            }
        }
        Ok(())
    }

    /// The state in the journal, the server's signals, signs of life, and progress.
    async fn look(&mut self, since: Duration) -> std::result::Result<(), tokio_postgres::Error> {
        let Some((session, _)) = &self.session else {
            return Ok(());
        };
        let client = session.client();
        let Some(tally) = journal::tally(client, &self.task.name).await? else {
            self.board.order(|orders| orders.state = State::Gone);
            return Ok(());
        };
        let state = State::of(Some(&tally.state));
        let was = self.board.orders();
        self.board.order(|orders| orders.state = state);
        let before = std::mem::replace(&mut self.state, state);
        if before != state && matches!(state, State::Paused | State::Running) {
            self.crew.observer.event(Event::BackfillPaused {
                step: self.task.step.clone(),
                name: self.task.name.clone(),
                paused: state == State::Paused,
            });
        }
        let views = self.board.views();
        if !self.task.options.is_unthrottled && !self.crew.is_unthrottled {
            let pids: Vec<i32> = views.iter().map(|view| view.pid).collect();
            let signals = throttle::look(client, &pids, &self.cut.tables).await?;
            let verdict = self.throttle.judge(&signals, since);
            if verdict.vacuum {
                self.board.ask_for_vacuum();
            }
            self.board.order(|orders| {
                orders.duty = verdict.duty;
                orders.reasons = verdict.reasons;
                if verdict.smaller {
                    orders.shrinks += 1;
                }
            });
        }
        for view in &views {
            let (seen, before) = (view.seen, view.seen_before);
            self.board.note(&view.id, |view| {
                let rate = (seen - before) as f64 / since.as_secs_f64().max(0.001);
                view.rows_per_second = view.rows_per_second * 0.8 + rate * 0.2;
                view.seen_before = seen;
            });
            self.crew.beat(client, self.board, self.task, &view.id).await?;
        }
        self.pace.learn(&tally, since);
        let now = self.board.orders();
        self.warn_of_long_hold(&now);
        let turned =
            was.reasons.is_empty() != now.reasons.is_empty() || (was.duty <= 0.0) != (now.duty <= 0.0);
        if turned || self.told.elapsed() >= TELL {
            self.told = Instant::now();
            self.tell(&tally);
        }
        Ok(())
    }

    /// Somebody may have to decide whether what it holds for will ever be over.
    fn warn_of_long_hold(&mut self, orders: &Orders) {
        if orders.duty > 0.0 {
            self.held_since = None;
            return;
        }
        let since = *self.held_since.get_or_insert_with(Instant::now);
        if since.elapsed() < LONG || self.has_warned {
            return;
        }
        self.has_warned = true;
        let name = &self.task.name;
        self.crew.observer.event(Event::Warning {
            message: format!("backfill {name} has held for a minute: {}", orders.reasons.join("; ")),
            hint: Some(if self.task.deferred.is_some() {
                format!("it goes on by itself when that is over; windlass backfill run {name} --no-throttle does not wait for it")
            } else {
                "it goes on by itself when that is over; where it is as it should be, max-lag=, max-slot=, \
                 max-transaction= or throttle=off in the directive say so"
                    .to_owned()
            }),
        });
    }

    fn tell(&self, tally: &Tally) {
        let orders = self.board.orders();
        let views = self.board.views();
        let mut reasons = orders.reasons.clone();
        if orders.vacuums {
            reasons.push("VACUUM clears what it left behind".to_owned());
        }
        let total = u64::try_from(tally.rows_total).unwrap_or_default();
        let seen = u64::try_from(tally.seen).unwrap_or_default();
        self.crew.observer.event(Event::BackfillPace {
            step: self.task.step.clone(),
            name: self.task.name.clone(),
            rows: u64::try_from(tally.done).unwrap_or_default(),
            seen,
            total,
            sweep: u32::try_from(tally.pass).unwrap_or_default(),
            rows_per_second: self.pace.per_second,
            left: self
                .pace
                .left(total.saturating_sub(seen))
                .filter(|_| tally.pass == 1),
            batch: views.iter().map(|view| view.batch_rows).max().unwrap_or_default(),
            workers: u32::try_from(views.len()).unwrap_or(u32::MAX),
            held: orders.duty <= 0.0 || orders.vacuums,
            reasons,
        });
    }
}

/// How fast it goes in all, rests included.
#[derive(Debug, Default)]
struct Pace {
    before: Option<i64>,
    per_second: f64,
}

impl Pace {
    fn learn(&mut self, tally: &Tally, since: Duration) {
        if let Some(before) = self.before.filter(|_| tally.pass == 1) {
            let now = (tally.seen - before).max(0) as f64 / since.as_secs_f64().max(0.001);
            // A minute or so counts, and the first seconds count as they are.
            self.per_second = if self.per_second == 0.0 {
                now
            } else {
                self.per_second * 0.95 + now * 0.05
            };
        }
        self.before = Some(tally.seen);
    }

    fn left(&self, rows: u64) -> Option<Duration> {
        (self.per_second > 0.0)
            .then(|| Duration::try_from_secs_f64(rows as f64 / self.per_second).ok())
            .flatten()
    }
}

/// Vacuums the tables when the monitor asks for it, for as long as it is polled. The workers hold meanwhile:
/// it makes room that their next rows take.
pub(super) async fn vacuum(crew: &Crew<'_>, board: &Board, task: &Task, cut: &Cut) -> Infallible {
    let mut has_failed = false;
    loop {
        board.vacuum_asked().await;
        board.order(|orders| orders.vacuums = true);
        let began = Instant::now();
        let done = vacuum_now(crew, cut).await;
        board.order(|orders| orders.vacuums = false);
        if let Err(error) = done
            && !has_failed
        {
            has_failed = true;
            crew.observer.event(Event::Warning {
                message: format!("backfill {}: {error}", task.name),
                hint: Some("it is left to autovacuum; the table grows more than it would have to".to_owned()),
            });
        }
        tokio::time::sleep(VACUUM_GAP.max(began.elapsed() * 10)).await;
        board.forget_vacuum();
    }
}

async fn vacuum_now(crew: &Crew<'_>, cut: &Cut) -> crate::error::Result<()> {
    let failed = |error| session::failed(error, "failed to VACUUM");
    let session = crew.watch().await?;
    let client = session.client();
    let names = client
        .query_typed(
            "SELECT oid::pg_catalog.regclass::text FROM pg_catalog.unnest($1) AS oid \
              WHERE pg_catalog.pg_stat_get_dead_tuples(oid) > 10000 ORDER BY 1",
            &[(&cut.tables, Type::OID_ARRAY)],
        )
        .await
        .map_err(failed)?;
    client
        .batch_execute("SET lock_timeout = '1s'")
        .await
        .map_err(failed)?;
    for name in names {
        let name: String = name.get(0);
        client
            .batch_execute(&format!("VACUUM {name}"))
            .await
            .map_err(failed)?;
    }
    Ok(())
}
