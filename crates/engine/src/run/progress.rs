//! What a long step is doing: a heartbeat, and of an index build its phase, how far it is, and for whose
//! old snapshot it waits.

use std::time::{Duration, Instant};

use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row};

use crate::blockers::Blocker;
use crate::event::{Event, Observe, StepName};
use crate::journal;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);

/// The lock connection says at least so often that this runner lives: it must not fall asleep in some
/// firewall's table while a step takes an hour.
const BEAT: Duration = Duration::from_secs(10);

/// How often it is told while nothing but the numbers changes.
const SAY: Duration = Duration::from_secs(5);

/// One look at a build.
#[derive(Debug, Clone, PartialEq)]
struct Look {
    phase: String,
    done: u64,
    total: u64,
    unit: &'static str,
    waiting_for: Option<Blocker>,
}

/// Tells of the work of backend `pid` for as long as it is polled; it never ends by itself. `client` is the
/// lock connection's.
pub(super) async fn follow(
    client: &Client,
    pid: i32,
    run_id: &str,
    step: &StepName,
    observer: &dyn Observe,
) -> ! {
    let mut began = Instant::now();
    let mut last: Option<(Instant, Look)> = None;
    let mut beaten = Instant::now();
    loop {
        tokio::time::sleep(LOOK).await;
        if beaten.elapsed() >= BEAT {
            beaten = Instant::now();
            let beat = journal::beat(run_id, &step.revision, step.number, step.lane.name());
            let _ = beat.send(client).await;
        }
        let rows = client
            .query_typed(include_str!("index_progress.sql"), &[(&pid, Type::INT4)])
            .await;
        // A look that fails tells nothing; whoever runs the build finds out about the connection.
        let Some(look) = rows.ok().and_then(|rows| rows.first().map(read)) else {
            continue;
        };
        let is_new_phase = last.as_ref().is_none_or(|(_, before)| before.phase != look.phase);
        if is_new_phase {
            began = Instant::now();
        }
        let is_news = last.as_ref().is_none_or(|(at, before)| {
            let is_other = |one: &Blocker, other: &Blocker| !one.is_same(other);
            let locker_changed = match (&before.waiting_for, &look.waiting_for) {
                (Some(one), Some(other)) => is_other(one, other),
                (one, other) => one.is_some() != other.is_some(),
            };
            is_new_phase || locker_changed || at.elapsed() >= SAY
        });
        if !is_news {
            continue;
        }
        let note = journal::progress(
            run_id,
            &step.revision,
            step.number,
            &look.phase,
            look.done,
            look.total,
        );
        let _ = note.send(client).await;
        observer.event(Event::BuildProgress {
            step: step.clone(),
            phase: look.phase.clone(),
            done: look.done,
            total: look.total,
            unit: look.unit,
            left: left(began.elapsed(), look.done, look.total),
            waiting_for: look.waiting_for.clone(),
        });
        last = Some((Instant::now(), look));
    }
}

/// How long the rest of a phase takes at the rate so far; none before there is a rate.
fn left(elapsed: Duration, done: u64, total: u64) -> Option<Duration> {
    if done == 0 || total <= done {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    Some(elapsed.mul_f64((total - done) as f64 / done as f64))
}

fn read(row: &Row) -> Look {
    let number =
        |at: usize| u64::try_from(row.get::<_, Option<i64>>(at).unwrap_or_default()).unwrap_or_default();
    let phase: String = row.get::<_, Option<String>>(0).unwrap_or_default();
    let waits = phase.starts_with("waiting");
    // The phase tells which count is meant; the others are left over from the phase before.
    let (done, total, unit) = if waits {
        (number(1), number(2), "sessions")
    } else if number(6) > 0 {
        (number(5), number(6), "rows")
    } else {
        (number(3), number(4), "blocks")
    };
    let locker: Option<i32> = row.get(7);
    Look {
        phase,
        done,
        total,
        unit,
        waiting_for: locker.filter(|_| waits).map(|pid| Blocker {
            pid: Some(pid),
            user: row.get(8),
            application: row.get(9),
            client: row.get(10),
            state: row.get(11),
            backend: row.get(12),
            transaction_age: row
                .get::<_, Option<f64>>(13)
                .map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default()),
            query: row.get(14),
            ..Blocker::default()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_estimated_at_the_rate_so_far() {
        let second = Duration::from_secs(1);
        assert_eq!(left(second, 25, 100), Some(3 * second));
        assert_eq!(left(second, 0, 100), None);
        assert_eq!(left(second, 100, 100), None);
    }
}
