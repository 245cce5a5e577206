//! One runner at a time: a polled advisory lock on a connection of its own, and the epoch that
//! keeps a runner that lost it from writing.

use std::time::{Duration, Instant};

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::blockers::Blocker;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, Observe};
use crate::journal::{self, Running};
use crate::session;

/// First key of both advisory locks, the letters "WIND"; advisory locks are per database.
pub(crate) const LOCK_CLASS: i32 = 0x5749_4E44;
/// Held by the leading runner's lock connection.
pub(crate) const LEADER: i32 = 1;
/// Held by the leading runner's work connection: an orphaned backend is itself the fence.
pub(crate) const WORK: i32 = 2;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// How long to wait for another runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Not at all: exit at once when another runner leads.
    No,
    /// At most this long.
    AtMost(Duration),
    /// As long as it takes.
    Forever,
}

/// What one poll of the wait found.
pub(crate) enum Poll {
    /// Keep waiting.
    Wait,
    /// What was wanted has come about without us.
    Done,
}

/// Takes the leader lock, polling; `meanwhile` is asked between polls whether waiting still makes
/// sense. Returns whether the lock is held.
///
/// Polled, not awaited: a session blocked in `pg_advisory_lock()` keeps a snapshot, and the
/// holder's CREATE INDEX CONCURRENTLY would wait for it forever.
pub(crate) async fn lead<F>(
    client: &Client,
    wait: Wait,
    observer: &dyn Observe,
    stop: &session::Stop,
    mut meanwhile: F,
) -> Result<bool>
where
    F: AsyncFnMut() -> Result<Poll>,
{
    let began = Instant::now();
    let mut pause = FIRST_PAUSE;
    let mut reported: Option<Instant> = None;
    loop {
        if try_lock(client, LEADER).await? {
            return Ok(true);
        }
        if let Poll::Done = meanwhile().await? {
            return Ok(false);
        }
        let waited = began.elapsed();
        let over = match wait {
            Wait::No => true,
            Wait::AtMost(limit) => waited >= limit,
            Wait::Forever => false,
        };
        let due = reported.is_none_or(|at| at.elapsed() >= REPORT_EVERY);
        if over || due {
            let holder = leader(client).await?;
            if over {
                return Err(gave_up(wait, waited, holder));
            }
            observer.event(Event::WaitingForRunner { holder, waited });
            reported = Some(Instant::now());
        }
        let mut next = pause.mul_f64(0.5 + rand::random::<f64>() / 2.0);
        if let Wait::AtMost(limit) = wait {
            next = next.min(limit.saturating_sub(waited));
        }
        stop.sleep(next).await?;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Who leads, and what it is at by its own word: the last statement of a lock session says nothing.
async fn leader(client: &Client) -> Result<Option<Blocker>> {
    let Some(mut holder) = holder(client, LEADER).await? else {
        return Ok(None);
    };
    // A journal that is not there yet, or not for this role, keeps nobody from waiting.
    let running = journal::read_running(client).await.unwrap_or_default();
    holder.state.clear();
    holder.query = running.first().map(doing).unwrap_or_default();
    Ok(Some(holder))
}

fn doing(run: &Running) -> String {
    let place = match (&run.revision, run.step) {
        (Some(revision), Some(step)) => format!(", at {revision} step {step}"),
        _ => String::new(),
    };
    let since = Duration::from_secs(run.running_for.as_secs());
    format!(
        "{} on {} for {}{place}",
        run.command,
        run.runner,
        windlass_compiler::duration::show_duration(since)
    )
}

fn gave_up(wait: Wait, waited: Duration, holder: Option<Blocker>) -> Error {
    let mut error = Error::new(
        ErrorKind::Locked,
        match &holder {
            Some(holder) => format!("another runner leads this database: {holder}"),
            None => "another runner leads this database".to_owned(),
        },
    )
    .hint(match wait {
        Wait::No => {
            "wait for it to finish and run again; without --no-wait this run would have waited".to_owned()
        }
        Wait::AtMost(_) | Wait::Forever => format!(
            "waited {}; run again when it has finished, or with a longer --wait-timeout",
            windlass_compiler::duration::show_duration(waited)
        ),
    });
    // A runner that is frozen, or whose machine is gone without a word, leads for as long as its session lives.
    if let Some(pid) = holder.as_ref().and_then(|holder| holder.pid) {
        error = error.hint(format!(
            "if it is frozen or its machine is gone, end its session: SELECT pg_terminate_backend({pid}); the next run \
             goes on where it was"
        ));
    }
    error.with_blockers(holder.into_iter().collect())
}

/// Tries one of the two locks, outside any transaction.
pub(crate) async fn try_lock(client: &Client, key: i32) -> Result<bool> {
    let row = client
        .query_typed_one(
            "SELECT pg_catalog.pg_try_advisory_lock($1, $2)",
            &[(&LOCK_CLASS, Type::INT4), (&key, Type::INT4)],
        )
        .await
        .map_err(session::lost)?;
    Ok(row.get(0))
}

/// Takes the lock of an adopted tool beside ours, so that it cannot run meanwhile.
pub(crate) async fn keep_out(client: &Client, key: i64, stop: &session::Stop) -> Result<()> {
    loop {
        let row = client
            .query_typed_one(
                "SELECT pg_catalog.pg_try_advisory_lock($1)",
                &[(&key, Type::INT8)],
            )
            .await
            .map_err(session::lost)?;
        if row.get(0) {
            return Ok(());
        }
        stop.sleep(LONGEST_PAUSE).await?;
    }
}

/// Gives up one of the two locks at once; closing the connection would do it too, a little later.
pub(crate) async fn release(client: &Client, key: i32) {
    // An error means that the connection is gone, and the lock with it.
    let _ = client
        .query_typed(
            "SELECT pg_catalog.pg_advisory_unlock($1, $2)",
            &[(&LOCK_CLASS, Type::INT4), (&key, Type::INT4)],
        )
        .await;
}

/// Whoever holds one of the two locks.
pub(crate) async fn holder(client: &Client, key: i32) -> Result<Option<Blocker>> {
    crate::blockers::holder_of(client, LOCK_CLASS, key)
        .await
        .map_err(session::lost)
}
