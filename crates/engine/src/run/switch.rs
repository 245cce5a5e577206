//! The dead man's switch: a session that ends our statement when the watchdog has not looked for as long as anyone
//! may wait.
//!
//! A frozen runner (SIGSTOP, a frozen node, a network that swallows everything) takes its watchdog along, and a scan
//! under a strong lock is bounded by nothing but its statement_timeout, which is long. What this session does it does
//! on the server, without a word from here.

use std::time::Duration;

use tokio::task::JoinHandle;
use windlass_compiler::sql::quote_literal;

use crate::connect::{Canceller, ConnectOptions};
use crate::session::{self, Purpose, Session, SessionSettings};

/// Armed until it is dropped or [`Switch::disarm`]ed.
pub(super) struct Switch {
    /// Whether it ended what it watched over.
    task: JoinHandle<bool>,
    canceller: Canceller,
}

/// What the server says before it does.
const FIRED: &str = "nobody watches";

#[derive(Debug, Clone, Copy)]
struct Times {
    /// So long nobody may have looked.
    limit: Duration,
    /// Between two turns.
    pause: Duration,
    /// From cancelling to terminating.
    grace: Duration,
}

impl Times {
    /// Everything is over when somebody may have waited for `longest`, with a fifth of it to spare: a backend that is
    /// terminated in the middle of a write takes a moment to let go.
    fn within(longest: Duration) -> Self {
        const GRACE: Duration = Duration::from_millis(100);
        let longest = longest * 4 / 5;
        let pause = (longest / 10).max(Duration::from_millis(10));
        let grace = GRACE.min(longest / 8);
        Self {
            limit: longest.saturating_sub(pause + grace),
            pause,
            grace,
        }
    }
}

impl Switch {
    /// Watches over what `work` is about to run, so that nobody waits for longer than `longest` for a runner that is
    /// frozen. None where no session can be had for it.
    pub(super) async fn arm(connect: &ConnectOptions, work: &Session, longest: Duration) -> Option<Self> {
        let times = Times::within(longest);
        let sql = text(work, times);
        // The session user's own name: another role might not see the watchdog's looks.
        let settings = SessionSettings::default();
        let mut session = session::open(connect, &settings, Purpose::Switch).await.ok()?;
        let canceller = session.connection.canceller();
        let task = tokio::spawn(async move {
            // It ends by itself, or is cancelled.
            let _ = session.client().batch_execute(&sql).await;
            session.notices().iter().any(|notice| notice.message() == FIRED)
        });
        Some(Self { task, canceller })
    }

    /// Ends the session on the server. Whether it ended what it watched over.
    pub(super) async fn disarm(mut self) -> bool {
        const ANSWER: Duration = Duration::from_secs(1);
        let _ = self.canceller.cancel().await;
        matches!(tokio::time::timeout(ANSWER, &mut self.task).await, Ok(Ok(true)))
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn text(work: &Session, times: Times) -> String {
    let seconds = |time: Duration| time.as_secs_f64().to_string();
    include_str!("switch.sql")
        .replace("{pid}", &work.pid.to_string())
        .replace("{start}", &quote_literal(&work.backend_start))
        .replace("{limit}", &seconds(times.limit))
        .replace("{pause}", &seconds(times.pause))
        .replace("{grace}", &seconds(times.grace))
}
