//! Application traffic that keeps its schedule whatever the server does (an open loop).
//!
//! A client that waits for its last answer before it asks again hides a stall: it asks less. Here the
//! n-th request is due at `start + n / rate`, and its latency counts from then, not from when a
//! connection was free to send it.

use crate::background;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio_postgres::{Client, NoTls, Statement};

/// After the traffic was stopped, what was already due may take this long.
const DRAIN: Duration = crate::wait::DEADLINE;
/// One error per reconnect attempt, not thousands.
const RECONNECT_PAUSE: Duration = Duration::from_millis(20);

/// What the application does.
///
/// ```no_run
/// # use windlass_testkit::{Traffic, TrafficPlan, Database};
/// # async fn example(db: &Database) {
/// let plan = TrafficPlan::new(8, 400.0)
///     .statement(9, "SELECT total FROM orders WHERE id = {1..10000}")
///     .generated(1, |random| format!("UPDATE orders SET total = {} WHERE id = 7", random.within(0..100)));
/// let running = Traffic::start(&db.url(), plan).await;
/// // … the migration …
/// let report = running.stop().await;
/// assert!(report.max.as_millis() < 1000, "{report}");
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "give it to Traffic::start"]
pub struct TrafficPlan {
    clients: usize,
    rate: f64,
    statements: Vec<(u32, Request)>,
}

type Generator = dyn Fn(&mut Random) -> String + Send + Sync;

#[derive(Clone)]
enum Request {
    Text(String),
    Generated(Arc<Generator>),
    Prepared(String),
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(sql) | Self::Prepared(sql) => f.write_str(sql),
            Self::Generated(_) => f.write_str("(generated)"),
        }
    }
}

impl TrafficPlan {
    /// Traffic of `rate` requests per second over `clients` connections.
    ///
    /// Each connection carries one request at a time: take enough clients for those that a stall blocks.
    pub fn new(clients: usize, rate: f64) -> Self {
        assert!(clients > 0 && rate > 0.0, "traffic needs clients and a rate");
        Self {
            clients,
            rate,
            statements: Vec::new(),
        }
    }

    /// Adds SQL (one statement or several); `{1..100}` becomes a random number, 100 excluded.
    pub fn statement(mut self, weight: u32, sql: &str) -> Self {
        self.statements.push((weight, Request::Text(sql.to_owned())));
        self
    }

    /// Adds SQL that is made anew for each request.
    pub fn generated(
        mut self,
        weight: u32,
        sql: impl Fn(&mut Random) -> String + Send + Sync + 'static,
    ) -> Self {
        self.statements.push((weight, Request::Generated(Arc::new(sql))));
        self
    }

    /// Adds one statement without parameters that each connection prepares once, as applications do:
    /// such plans fail when a column's type changes ("cached plan must not change result type").
    pub fn prepared(mut self, weight: u32, sql: &str) -> Self {
        self.statements.push((weight, Request::Prepared(sql.to_owned())));
        self
    }

    fn choose(&self, random: &mut Random) -> (usize, &Request) {
        let total: u32 = self.statements.iter().map(|(weight, _)| weight).sum();
        let mut ticket = random.0.random_range(0..total);
        for (index, (weight, request)) in self.statements.iter().enumerate() {
            match ticket.checked_sub(*weight) {
                Some(rest) => ticket = rest,
                None => return (index, request),
            }
        }
        unreachable!("the ticket is below the sum of the weights")
    }
}

/// Random values for requests; each client's sequence is the same in every run.
#[derive(Debug)]
pub struct Random(StdRng);

impl Random {
    /// A number of the range.
    pub fn within(&mut self, range: Range<i64>) -> i64 {
        self.0.random_range(range)
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, percent: u32) -> bool {
        self.0.random_range(0..100) < percent
    }

    /// Replaces every `{low..high}`.
    fn fill(&mut self, template: &str) -> String {
        let mut text = String::new();
        let mut rest = template;
        while let Some(open) = rest.find('{') {
            let (before, from) = rest.split_at(open);
            text.push_str(before);
            match placeholder(from) {
                Some((range, length)) => {
                    text.push_str(&self.within(range).to_string());
                    rest = &from[length..];
                }
                None => {
                    text.push('{');
                    rest = &from[1..];
                }
            }
        }
        text + rest
    }
}

/// The range at the start of `text` and its length there.
fn placeholder(text: &str) -> Option<(Range<i64>, usize)> {
    let close = text.find('}')?;
    let (low, high) = text[1..close].split_once("..")?;
    let range = low.parse().ok()?..high.parse().ok()?;
    (!range.is_empty()).then_some((range, close + 1))
}

/// Starts traffic.
#[derive(Debug)]
pub struct Traffic;

impl Traffic {
    /// Connects all clients, in a thread of their own, and begins; returns when all are connected.
    pub async fn start(url: &str, plan: TrafficPlan) -> Running {
        assert!(
            plan.statements.iter().any(|(weight, _)| *weight > 0),
            "traffic needs a statement"
        );
        let state = Arc::new(State {
            plan,
            url: url.to_owned(),
            next: AtomicU64::new(0),
            start: OnceLock::new(),
            stop: OnceLock::new(),
            log: Mutex::default(),
        });
        let (begun, beginning) = tokio::sync::oneshot::channel();
        let shared = Arc::clone(&state);
        let thread = background::spawn("traffic", move || run(shared, begun));
        match beginning.await {
            Ok(Ok(())) => Running { state, thread },
            Ok(Err(error)) => panic!(
                "the traffic failed to connect: {}",
                crate::database::explain(&error)
            ),
            Err(_) => panic!("the traffic's thread ended before it began"),
        }
    }
}

/// Traffic that flows until it is stopped or dropped.
#[derive(Debug)]
#[must_use = "dropping it stops the traffic"]
pub struct Running {
    state: Arc<State>,
    thread: JoinHandle<()>,
}

impl Running {
    /// Requests answered so far, for waiting until the traffic flows.
    pub fn count(&self) -> u64 {
        self.state.log().answers.len() as u64
    }

    /// Requests that failed so far, for waiting until one has.
    pub fn failed(&self) -> u64 {
        self.state.log().errors.values().sum()
    }

    /// Stops; requests that were due before are still waited for and counted.
    pub async fn stop(self) -> Report {
        let end = *self.state.stop.get_or_init(Instant::now);
        crate::wait::wait_until_within(DRAIN * 2, "the traffic to stop", async || {
            self.thread.is_finished()
        })
        .await;
        let start = *self.state.start.get().expect("running traffic has begun");
        Report::new(&mut self.state.log(), start, end)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.state.stop.set(Instant::now());
    }
}

#[derive(Debug)]
struct State {
    plan: TrafficPlan,
    url: String,
    next: AtomicU64,
    start: OnceLock<Instant>,
    stop: OnceLock<Instant>,
    log: Mutex<Log>,
}

#[derive(Debug, Default)]
struct Log {
    /// When an answer came, and how long after the request was due.
    answers: Vec<(Instant, Duration)>,
    errors: BTreeMap<String, u64>,
    messages: Vec<String>,
    abandoned: u64,
}

impl State {
    fn log(&self) -> std::sync::MutexGuard<'_, Log> {
        self.log.lock().expect("no holder of this lock panics")
    }
}

async fn run(state: Arc<State>, begun: tokio::sync::oneshot::Sender<Result<(), tokio_postgres::Error>>) {
    let mut sessions = Vec::new();
    for _ in 0..state.plan.clients {
        match Session::open(&state).await {
            Ok(session) => sessions.push(session),
            Err(error) => {
                let _ = begun.send(Err(error));
                return;
            }
        }
    }
    state.start.get_or_init(Instant::now);
    let _ = begun.send(Ok(()));
    let clients: Vec<_> = sessions
        .into_iter()
        .enumerate()
        .map(|(number, session)| tokio::spawn(client(Arc::clone(&state), number as u64, session)))
        .collect();
    for client in clients {
        let _ = client.await;
    }
}

/// One connection: takes the next request that is due, whoever was to send it.
async fn client(state: Arc<State>, number: u64, session: Session) {
    let start = *state.start.get().expect("set before the clients begin");
    let mut random = Random(StdRng::seed_from_u64(number));
    let mut session = Some(session);
    loop {
        let request = state.next.fetch_add(1, Ordering::Relaxed);
        let due = start + Duration::from_secs_f64(request as f64 / state.plan.rate);
        // Woken in between to see whether the traffic was stopped.
        while Instant::now() < due && state.stop.get().is_none() {
            let nap = (due - Instant::now()).min(Duration::from_millis(50));
            tokio::time::sleep(nap).await;
        }
        if state.stop.get().is_some_and(|stop| due > *stop) {
            return;
        }
        let outcome = tokio::select! {
            outcome = attempt(&state, &mut session, &mut random) => Some(outcome),
            () = drained(&state) => None,
        };
        let now = Instant::now();
        let mut log = state.log();
        match outcome {
            Some(Ok(())) => log.answers.push((now, now - due)),
            Some(Err(error)) => {
                let code = error.code().map_or("connection", |code| code.code()).to_owned();
                *log.errors.entry(code).or_default() += 1;
                if log.messages.len() < 20 {
                    log.messages.push(crate::database::explain(&error));
                }
            }
            None => {
                log.abandoned += 1;
                return;
            }
        }
    }
}

/// Comes to its end when the traffic was stopped so long ago that nothing more is waited for.
async fn drained(state: &State) {
    while state.stop.get().is_none_or(|stop| stop.elapsed() < DRAIN) {
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// Sends one request, on a new connection when the last was lost.
async fn attempt(
    state: &State,
    slot: &mut Option<Session>,
    random: &mut Random,
) -> Result<(), tokio_postgres::Error> {
    if slot.is_none() {
        match Session::open(state).await {
            Ok(session) => *slot = Some(session),
            Err(error) => {
                tokio::time::sleep(RECONNECT_PAUSE).await;
                return Err(error);
            }
        }
    }
    let session = slot.as_mut().expect("filled above");
    let (index, request) = state.plan.choose(random);
    let result = match request {
        Request::Text(sql) => session.client.batch_execute(&random.fill(sql)).await,
        Request::Generated(make) => session.client.batch_execute(&make(random)).await,
        Request::Prepared(sql) => session.execute_prepared(index, sql).await,
    };
    if let Err(error) = &result {
        // An error may leave a transaction of the statement's own open.
        if error.as_db_error().is_none() || session.client.batch_execute("ROLLBACK").await.is_err() {
            *slot = None;
        }
    }
    result
}

struct Session {
    client: Client,
    prepared: BTreeMap<usize, Statement>,
}

impl Session {
    async fn open(state: &State) -> Result<Self, tokio_postgres::Error> {
        let mut config: tokio_postgres::Config = state.url.parse()?;
        let (client, connection) = config.application_name("traffic").connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(Self {
            client,
            prepared: BTreeMap::new(),
        })
    }

    async fn execute_prepared(&mut self, index: usize, sql: &str) -> Result<(), tokio_postgres::Error> {
        if !self.prepared.contains_key(&index) {
            let statement = self.client.prepare(sql).await?;
            self.prepared.insert(index, statement);
        }
        self.client.query(&self.prepared[&index], &[]).await.map(drop)
    }
}

/// What the application experienced. Durations are exact to a millisecond or two (the timer's step).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Requests answered without an error.
    pub count: u64,
    /// Requests answered with an error, by SQLSTATE; `connection` where there was none.
    pub errors: BTreeMap<String, u64>,
    /// The first few error messages.
    pub messages: Vec<String>,
    /// Requests that had no answer long after the traffic was stopped.
    pub abandoned: u64,
    /// Half of the answers came within this time after they were due.
    pub p50: Duration,
    /// 99 of 100 answers came within this time after they were due.
    pub p99: Duration,
    /// The longest time from when a request was due to its answer.
    pub max: Duration,
    /// The longest time in which no request was answered.
    pub longest_gap: Duration,
    /// Answers in each second since the start.
    pub per_second: Vec<u64>,
    /// All latencies, ascending.
    pub latencies: Vec<Duration>,
}

impl Report {
    fn new(log: &mut Log, start: Instant, end: Instant) -> Self {
        log.answers.sort_unstable();
        let mut latencies: Vec<Duration> = log.answers.iter().map(|(_, latency)| *latency).collect();
        latencies.sort_unstable();
        let mut per_second = Vec::new();
        let mut longest_gap = Duration::ZERO;
        let mut last = start;
        for (at, _) in &log.answers {
            longest_gap = longest_gap.max(*at - last);
            last = *at;
            let second = (*at - start).as_secs() as usize;
            if per_second.len() <= second {
                per_second.resize(second + 1, 0);
            }
            per_second[second] += 1;
        }
        longest_gap = longest_gap.max(end.saturating_duration_since(last));
        let mut report = Self {
            count: latencies.len() as u64,
            errors: std::mem::take(&mut log.errors),
            messages: std::mem::take(&mut log.messages),
            abandoned: log.abandoned,
            p50: Duration::ZERO,
            p99: Duration::ZERO,
            max: latencies.last().copied().unwrap_or_default(),
            longest_gap,
            per_second,
            latencies,
        };
        (report.p50, report.p99) = (report.percentile(50.0), report.percentile(99.0));
        report
    }

    /// The latency that `percent` of the answers did not exceed; zero without answers.
    pub fn percentile(&self, percent: f64) -> Duration {
        let rank = (self.latencies.len() as f64 * percent / 100.0).ceil() as usize;
        let index = rank.saturating_sub(1).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(index).copied().unwrap_or_default()
    }

    /// How many requests failed or had no answer.
    pub fn failed(&self) -> u64 {
        self.errors.values().sum::<u64>() + self.abandoned
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} answered, {} failed {:?}; p50 {:?}, p99 {:?}, max {:?}, longest gap {:?}",
            self.count,
            self.failed(),
            self.errors,
            self.p50,
            self.p99,
            self.max,
            self.longest_gap
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_become_numbers_and_array_literals_stay() {
        let mut random = Random(StdRng::seed_from_u64(1));
        let text = random.fill("SELECT '{1,2}'::int[], {5..6}, {7..8}, '{}'");
        assert_eq!(text, "SELECT '{1,2}'::int[], 5, 7, '{}'");
    }

    #[test]
    fn a_gap_at_the_end_counts() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut log = Log {
            answers: vec![(start + second, second)],
            ..Log::default()
        };
        let report = Report::new(&mut log, start, start + 5 * second);
        assert_eq!((report.longest_gap, report.per_second), (4 * second, vec![0, 1]));
    }
}
