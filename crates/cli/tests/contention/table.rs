//! What the scenes measured, one line each, for the table at the end of a full run.
//!
//! Each test is a process of its own: each appends to the file that the environment names.

use std::io::Write;
use std::time::Duration;

/// One scene at one budget.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) budget: Duration,
    pub(crate) code: Option<i32>,
    pub(crate) attempts: u64,
    /// The longest wait behind the migration, seen from outside.
    pub(crate) longest: Duration,
    /// The same as the run itself reports it.
    pub(crate) by_itself: Duration,
    pub(crate) during: windlass_testkit::Report,
    /// The same traffic without a migration; only in the full suite.
    pub(crate) before: Option<windlass_testkit::Report>,
}

impl Line {
    /// Appends it, if anybody wants it. The scene is the test's name.
    pub(crate) fn append(&self) {
        #[expect(
            clippy::disallowed_methods,
            reason = "the file is named by who runs the suite"
        )]
        let Some(path) = std::env::var_os("WINDLASS_TEST_TABLE") else {
            return;
        };
        let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
        let mut file = file.expect("the table can be written");
        // One write for each line, so that lines of several processes do not mix.
        file.write_all(format!("{}\n", self.json()).as_bytes())
            .expect("the table can be written");
    }

    /// It as data.
    pub(crate) fn json(&self) -> serde_json::Value {
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let report = |report: &windlass_testkit::Report| {
            serde_json::json!({
                "p50_ms": millis(report.p50), "p99_ms": millis(report.p99), "max_ms": millis(report.max),
                "failed": report.failed(), "per_second": rate(report),
            })
        };
        let thread = std::thread::current();
        let name = thread.name().unwrap_or_default();
        let name = name.rsplit("::").next().unwrap_or_default();
        let scene = name.trim_start_matches("measured_").replace('_', " ");
        let lost = self.before.as_ref().map(|before| {
            let share = 100.0 * (1.0 - rate(&self.during) / rate(before));
            (share.max(0.0) * 10.0).round() / 10.0
        });
        serde_json::json!({
            "scene": scene, "budget_ms": millis(self.budget), "exit": self.code, "attempts": self.attempts,
            "longest_ms": millis(self.longest), "by_itself_ms": millis(self.by_itself),
            "during": report(&self.during), "before": self.before.as_ref().map(report), "lost_percent": lost,
        })
    }
}

/// Answers per second in the seconds that were whole.
#[expect(clippy::cast_precision_loss, reason = "they are small numbers")]
fn rate(report: &windlass_testkit::Report) -> f64 {
    let whole = &report.per_second[..report.per_second.len().saturating_sub(1)];
    whole.iter().sum::<u64>() as f64 / whole.len().max(1) as f64
}
