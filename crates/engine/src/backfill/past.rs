//! How long a data change will take, by those that were done to the same table before.

use std::time::Duration;

use windlass_compiler::duration::show_duration;

use crate::journal::backfills::Past;

/// With fewer rows most of the time is the beginning's and the end's.
const LEAST: i64 = 1_000;

/// About how long as many rows take, and where that comes from; none where nothing tells. Of several the fastest counts: a
/// pause, or a runner that was down for a night, makes others look slow.
pub(super) fn estimate(past: &[Past], rows: i64) -> Option<String> {
    let fast = |past: &Past| past.rows as f64 / past.seconds;
    let telling = past
        .iter()
        .filter(|past| past.rows >= LEAST && past.seconds > 0.0);
    let best = telling.max_by(|one, other| fast(one).total_cmp(&fast(other)))?;
    let seconds = (rows.max(0) as f64 / fast(best)).ceil().max(1.0);
    let time = Duration::try_from_secs_f64(seconds).ok()?;
    Some(format!(
        "about {} (estimated): {:.0} rows a second, measured here on {}",
        show_duration(time),
        fast(best),
        best.day
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(rows: i64, seconds: f64, day: &str) -> Past {
        Past {
            rows,
            seconds,
            day: day.to_owned(),
        }
    }

    #[test]
    fn the_fastest_of_those_that_tell_something_counts() {
        assert_eq!(estimate(&[], 5_000_000), None);
        assert_eq!(estimate(&[past(999, 0.1, "2026-01-01")], 5_000_000), None);
        let paused = past(1_000_000, 90_000.0, "2026-11-04");
        let plain = past(1_000_000, 50.0, "2026-11-03");
        assert_eq!(
            estimate(&[paused, plain], 5_000_001).as_deref(),
            Some("about 4m11s (estimated): 20000 rows a second, measured here on 2026-11-03")
        );
        assert_eq!(
            estimate(&[past(1_000, 1.0, "2026-11-03")], 0).as_deref(),
            Some("about 1s (estimated): 1000 rows a second, measured here on 2026-11-03")
        );
    }
}
