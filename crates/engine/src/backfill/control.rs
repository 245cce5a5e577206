//! How many rows the next batch takes: as many as fit the target time, by what the last ones took.

use std::time::Duration;

/// The batch's size. Pure: times are passed in.
#[derive(Debug, Clone)]
pub(super) struct Control {
    rows: f64,
    /// Seconds a row, smoothed.
    per_row: Option<f64>,
    target: Duration,
    is_fixed: bool,
}

/// Where an adaptive batch begins.
const FIRST: f64 = 1000.0;
const LEAST: f64 = 100.0;
const MOST: f64 = 20_000.0;
/// The share that the newest batch has in the average.
const WEIGHT: f64 = 0.3;
/// What a batch should take, unless something else is said.
pub(super) const TARGET: Duration = Duration::from_millis(100);

impl Control {
    pub(super) fn fixed(rows: u64) -> Self {
        Self {
            rows: rows as f64,
            is_fixed: true,
            ..Self::adaptive(TARGET)
        }
    }

    pub(super) fn adaptive(target: Duration) -> Self {
        Self {
            rows: FIRST,
            per_row: None,
            target,
            is_fixed: false,
        }
    }

    /// Rows of the next batch.
    pub(super) fn rows(&self) -> u64 {
        (self.rows as u64).max(1)
    }

    /// A batch of `rows` rows was committed after `took`.
    pub(super) fn succeeded(&mut self, rows: u64, took: Duration) {
        if self.is_fixed || rows == 0 {
            return;
        }
        let now = took.as_secs_f64() / rows as f64;
        let per_row = self
            .per_row
            .map_or(now, |before| before * (1.0 - WEIGHT) + now * WEIGHT);
        self.per_row = Some(per_row);
        let fits = self.target.as_secs_f64() / per_row.max(1e-9);
        self.rows = fits.clamp(self.rows * 0.5, self.rows * 1.25).clamp(LEAST, MOST);
    }

    /// A batch was not had, took too long, or made others wait.
    pub(super) fn halve(&mut self) {
        if !self.is_fixed {
            self.rows = (self.rows / 2.0).max(LEAST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs batches on a table whose rows take `micros` each, and gives the sizes.
    fn sizes(control: &mut Control, micros: u64, batches: usize) -> Vec<u64> {
        (0..batches)
            .map(|_| {
                let rows = control.rows();
                control.succeeded(rows, Duration::from_micros(rows * micros));
                rows
            })
            .collect()
    }

    #[test]
    fn a_batch_grows_by_a_quarter_until_it_takes_the_target_time() {
        let mut control = Control::adaptive(TARGET);
        let grown = sizes(&mut control, 20, 12);
        assert_eq!(grown[..3], [1000, 1250, 1562]);
        assert_eq!(control.rows(), 5000, "5,000 rows of 20 µs are 100 ms");
    }

    #[test]
    fn a_batch_shrinks_by_half_at_most_and_not_below_the_least() {
        let mut control = Control::adaptive(TARGET);
        let shrunk = sizes(&mut control, 10_000, 6);
        assert_eq!(shrunk, [1000, 500, 250, 125, 100, 100]);
    }

    #[test]
    fn one_slow_batch_does_not_decide_alone() {
        let mut control = Control::adaptive(TARGET);
        let _ = sizes(&mut control, 20, 20);
        control.succeeded(control.rows(), Duration::from_millis(200));
        assert!(control.rows() > 3500, "{}", control.rows());
    }

    #[test]
    fn it_never_exceeds_the_most_and_a_fixed_one_never_changes() {
        let mut control = Control::adaptive(TARGET);
        let _ = sizes(&mut control, 1, 50);
        assert_eq!(control.rows(), 20_000);
        let mut fixed = Control::fixed(300);
        fixed.halve();
        assert_eq!(sizes(&mut fixed, 1, 3), [300, 300, 300]);
    }
}
