//! What the scenes measured, one line each, for the table at the end of a full run.
//!
//! Each test is a process of its own: each appends to the file that the environment names.

use std::io::Write;
use std::time::Duration;

use windlass_testkit::{Report, Stalled};

/// One scene at one budget.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) budget: Duration,
    pub(crate) code: Option<i32>,
    pub(crate) attempts: u64,
    /// What waited behind the migration, seen from outside.
    pub(crate) stalled: Stalled,
    /// The same as the run itself reports it.
    pub(crate) by_itself: Duration,
    pub(crate) during: Report,
    /// The same traffic without a migration; only in the full suite.
    pub(crate) without: Option<Report>,
}

impl Line {
    /// Prints it, and appends it to the file that the environment names. The scene is the test's name.
    pub(crate) fn tell(&self) {
        let row = self.row();
        print!("{row}");
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
        file.write_all(row.as_bytes()).expect("the table can be written");
    }

    /// It as a row of a Markdown table; `./dev` writes the head.
    fn row(&self) -> String {
        let thread = std::thread::current();
        let name = thread.name().unwrap_or_default();
        let name = name.rsplit("::").next().unwrap_or_default();
        let scene = name.trim_start_matches("measured_").replace('_', " ");
        let came = match self.code {
            Some(0) => "applied".to_owned(),
            Some(3) => "gave up, named".to_owned(),
            Some(7) => "lost, rerun is safe".to_owned(),
            code => format!("exit {}", code.unwrap_or(-1)),
        };
        let without = |show: fn(&Report) -> String| self.without.as_ref().map_or("–".to_owned(), show);
        let rates = self.without.as_ref().and_then(rate).zip(rate(&self.during));
        let lost = rates.map_or("–".to_owned(), |(without, during)| {
            format!("{:.1} %", (100.0 * (1.0 - during / without)).max(0.0))
        });
        format!(
            "| {scene} | {} | {came} | {} | {} | {} | {} / {} | {} / {} | {lost} |\n",
            millis(self.budget),
            self.attempts,
            self.longest(),
            millis(self.by_itself),
            millis(self.during.p99),
            without(|report| millis(report.p99).to_string()),
            millis(self.during.max),
            without(|report| millis(report.max).to_string()),
        )
    }

    /// The longest wait, and what was taken off because the machine itself stood still.
    fn longest(&self) -> String {
        match millis(self.stalled.stood_still) {
            0 => millis(self.stalled.longest).to_string(),
            still => format!("{} (+ {still} at standstill)", millis(self.stalled.longest)),
        }
    }
}

fn millis(duration: Duration) -> u128 {
    duration.as_millis()
}

/// Answers per second in the seconds that were whole; none where there were too few.
#[expect(clippy::cast_precision_loss, reason = "they are small numbers")]
fn rate(report: &Report) -> Option<f64> {
    let whole = report
        .per_second
        .get(1..report.per_second.len().saturating_sub(1))?;
    (!whole.is_empty()).then(|| whole.iter().sum::<u64>() as f64 / whole.len() as f64)
}
