//! The demo's application: queries that are due at fixed times, however long the one before took.
//! A latency counts from when a query was due, so that a stall is not hidden by the pause it causes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const CLIENTS: u32 = 16;

/// An application at work, on a thread of its own.
pub(super) struct Traffic {
    report: Arc<Mutex<Report>>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// What an application saw.
#[derive(Debug, Clone, Default)]
pub(super) struct Report {
    latencies: Vec<Duration>,
    pub(super) errors: usize,
}

/// Starts `rate` queries a second over leads 1 to `leads`.
pub(super) fn start(url: String, rate: u32, leads: u32) -> Traffic {
    let report = Arc::new(Mutex::new(Report::default()));
    let stop = Arc::new(AtomicBool::new(false));
    let (into, stopped) = (report.clone(), stop.clone());
    let thread = std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
            return;
        };
        tokio::task::LocalSet::new().block_on(&runtime, async move {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|number| {
                    tokio::task::spawn_local(client(
                        url.clone(),
                        number,
                        rate,
                        leads,
                        into.clone(),
                        stopped.clone(),
                    ))
                })
                .collect();
            for client in clients {
                // A client that panicked shows in the counts.
                let _ = client.await;
            }
        });
    });
    Traffic { report, stop, thread }
}

impl Traffic {
    /// What was seen so far.
    pub(super) fn so_far(&self) -> Report {
        self.report
            .lock()
            .map(|report| report.clone())
            .unwrap_or_default()
    }

    /// Ends the traffic.
    pub(super) fn stop(self) -> Report {
        self.stop.store(true, Ordering::Relaxed);
        // The thread ends with its clients.
        let _ = self.thread.join();
        self.report
            .lock()
            .map(|report| report.clone())
            .unwrap_or_default()
    }
}

impl Report {
    /// What came after `earlier`.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        Self {
            latencies: self
                .latencies
                .get(earlier.latencies.len()..)
                .unwrap_or_default()
                .to_vec(),
            errors: self.errors - earlier.errors,
        }
    }

    /// Queries that were answered.
    pub(super) fn count(&self) -> usize {
        self.latencies.len()
    }

    /// The latency that this share of the queries does not exceed.
    pub(super) fn quantile(&self, share: f64) -> Duration {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a length is an index"
        )]
        let index = (share * sorted.len() as f64) as usize;
        sorted
            .get(index.min(sorted.len().saturating_sub(1)))
            .copied()
            .unwrap_or_default()
    }
}

async fn client(
    url: String,
    number: u32,
    rate: u32,
    leads: u32,
    report: Arc<Mutex<Report>>,
    stop: Arc<AtomicBool>,
) {
    let Ok(session) = super::session(&url).await else {
        return;
    };
    let every = Duration::from_secs(1) * CLIENTS / rate.max(1);
    let mut due = Instant::now() + every * number / CLIENTS;
    let mut turn = u64::from(number);
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep_until(due.into()).await;
        // A linear congruence is random enough to choose leads.
        turn = turn
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let lead = (turn >> 33) % u64::from(leads) + 1;
        let sql = match turn >> 61 {
            0..=4 => format!("SELECT name, status FROM leads WHERE id = {lead}"),
            5 => format!("SELECT count(*) FROM call_log WHERE lead_id = {lead}"),
            6 => format!("UPDATE leads SET status = 'called' WHERE id = {lead}"),
            _ => format!(
                "INSERT INTO call_log (lead_id, tenant_id, direction, created_at) SELECT id, tenant_id, 'outbound', now() FROM leads WHERE id = {lead}"
            ),
        };
        let answer = session.client.simple_query(&sql).await;
        if let Ok(mut report) = report.lock() {
            report.latencies.push(due.elapsed());
            report.errors += usize::from(answer.is_err());
        }
        due += every;
    }
}
