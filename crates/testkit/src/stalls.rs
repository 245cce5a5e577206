//! How long the application waits behind the product, measured from outside: a session of its own samples
//! `pg_blocking_pids`, PostgreSQL's own answer to who waits for whom. The time in which the machine itself stood still is
//! nobody's: it is taken off.

use crate::background;
use crate::standstill::Standstills;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio_postgres::NoTls;

/// Between two samples.
const INTERVAL: Duration = Duration::from_millis(4);

/// Clients of the traffic that wait, directly or through others, for a session whose name is `$1`
/// or begins with it;
/// each with what it waits for, in milliseconds.
const SAMPLE: &str = "
WITH RECURSIVE waiting AS MATERIALIZED (
    SELECT locks.pid, max(extract(epoch FROM clock_timestamp() - waitstart) * 1000)::float8 AS waited
      FROM pg_locks AS locks WHERE NOT granted AND pid IS NOT NULL GROUP BY locks.pid
), edges AS MATERIALIZED (
    SELECT waiting.pid, waited, unnest(pg_blocking_pids(waiting.pid)) AS blocker FROM waiting
), behind AS (
    SELECT edges.pid, waited FROM edges JOIN pg_stat_activity AS activity ON activity.pid = edges.blocker
     WHERE application_name = $1 OR starts_with(application_name, $1 || ' ')
     UNION
    SELECT edges.pid, least(edges.waited, behind.waited) FROM edges JOIN behind ON behind.pid = edges.blocker
)
SELECT coalesce(max(waited), 0)::float8
  FROM behind JOIN pg_stat_activity AS activity USING (pid)
 WHERE application_name = 'traffic' AND backend_type = 'client backend'";

/// Samples until it is stopped or dropped.
#[derive(Debug)]
#[must_use = "dropping it stops the sampling"]
pub struct Stalls {
    state: Arc<State>,
    thread: JoinHandle<()>,
    standstills: Standstills,
}

#[derive(Debug, Default)]
struct State {
    stop: AtomicBool,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// The longest wait of each sample that saw one: from when to when it was, and how long.
    waits: Vec<(Instant, Instant, Duration)>,
    samples: u64,
}

/// What the samples came to.
#[derive(Debug, Clone, Copy)]
pub struct Stalled {
    /// The longest wait behind the product, without the time in which the machine stood still. Shorter ones than the
    /// interval may be missed, longer ones are seen at most an interval before their end.
    pub longest: Duration,
    /// The longest time that a wait lost to the machine's standstills.
    pub stood_still: Duration,
    /// How often it was looked.
    pub samples: u64,
}

impl Stalls {
    /// Begins to sample sessions that wait for those whose `application_name` begins with `product`.
    pub async fn behind(url: &str, product: &str) -> Self {
        let state = Arc::new(State::default());
        let (begun, beginning) = tokio::sync::oneshot::channel();
        let (shared, url, product) = (Arc::clone(&state), url.to_owned(), product.to_owned());
        let thread = background::spawn("stalls", move || run(shared, url, product, begun));
        beginning.await.expect("the sampling thread failed to connect");
        Self {
            state,
            thread,
            standstills: Standstills::watch(),
        }
    }

    /// Stops, and says what was seen.
    pub async fn stop(self) -> Stalled {
        self.state.stop.store(true, Ordering::Relaxed);
        crate::wait::wait_until("the sampling to stop", async || self.thread.is_finished()).await;
        Standstills::catch_up().await;
        let seen = self.state.seen.lock().expect("no holder of this lock panics");
        let mut stalled = Stalled {
            longest: Duration::ZERO,
            stood_still: Duration::ZERO,
            samples: seen.samples,
        };
        for (from, to, waited) in &seen.waits {
            let stood_still = self.standstills.within(*from, *to).min(*waited);
            stalled.longest = stalled.longest.max(*waited - stood_still);
            stalled.stood_still = stalled.stood_still.max(stood_still);
        }
        stalled
    }
}

impl Drop for Stalls {
    fn drop(&mut self) {
        self.state.stop.store(true, Ordering::Relaxed);
    }
}

async fn run(state: Arc<State>, url: String, product: String, begun: tokio::sync::oneshot::Sender<()>) {
    let (client, connection) = tokio_postgres::connect(&url, NoTls)
        .await
        .expect("the server is up");
    tokio::spawn(connection);
    client
        .batch_execute("SET application_name = 'stalls'")
        .await
        .expect("the server is up");
    let statement = client.prepare(SAMPLE).await.expect("the sample is SQL");
    let _ = begun.send(());
    while !state.stop.load(Ordering::Relaxed) {
        let asked = Instant::now();
        // A server that is being restarted answers nothing, and nobody waits there.
        if let Ok(row) = client.query_one(&statement, &[&product]).await {
            let waited = Duration::from_secs_f64(row.get::<_, f64>(0).max(0.0) / 1000.0);
            let mut seen = state.seen.lock().expect("no holder of this lock panics");
            seen.samples += 1;
            if !waited.is_zero() {
                let from = asked.checked_sub(waited).unwrap_or(asked);
                seen.waits.push((from, Instant::now(), waited));
            }
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
