//! Durations as people write them: `50ms`, `1s`, `10m`, `1h30m`, `0`.

use std::time::Duration;

/// The units from the longest to the shortest, with the milliseconds each one has.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Text that is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DurationError {
    /// Nothing was given.
    #[error("the duration is empty; write one such as 500ms, 10s, 5m or 1h30m")]
    Empty,
    /// A number stands without a unit.
    #[error("`{0}` has no unit; write {0}s for seconds or {0}ms for milliseconds")]
    NoUnit(String),
    /// The unit is none of ours.
    #[error("`{unit}` in `{text}` is not a unit; the units are ms, s, m, h and d")]
    UnknownUnit {
        /// The whole duration.
        text: String,
        /// The unit in it.
        unit: String,
    },
    /// A duration below zero.
    #[error("`{0}` is negative; a duration is 0 or more")]
    Negative(String),
    /// A number with a decimal point.
    #[error("`{0}` has a fraction; write it in a smaller unit, 1500ms for 1.5s")]
    Fraction(String),
    /// The units do not fall, or one stands twice.
    #[error("`{0}` must name its units from the longest to the shortest, each once, as in 1h30m")]
    Order(String),
    /// More than can be counted.
    #[error("`{0}` is too long a duration")]
    TooLong(String),
    /// Anything else.
    #[error("`{0}` is not a duration; write one such as 500ms, 10s, 5m or 1h30m")]
    Malformed(String),
}

/// Reads `50ms`, `1s`, `10m`, `2h`, `1d`, `1h30m` or `0`.
///
/// ```
/// # use std::time::Duration;
/// # use windlass_compiler::duration::parse_duration;
/// assert_eq!(parse_duration("1m30s"), Ok(Duration::from_secs(90)));
/// assert!(parse_duration("90").is_err());
/// ```
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let text = text.trim();
    let owned = || text.to_owned();
    if text.is_empty() {
        return Err(DurationError::Empty);
    }
    if text.starts_with('-') {
        return Err(DurationError::Negative(owned()));
    }
    if text.bytes().all(|byte| byte == b'0') {
        return Ok(Duration::ZERO);
    }
    let mut rest = text;
    let mut total: u64 = 0;
    let mut last_unit = u64::MAX;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, behind) = rest.split_at(digits);
        if number.is_empty() {
            return Err(DurationError::Malformed(owned()));
        }
        if behind.is_empty() {
            return Err(if number.len() == text.len() {
                DurationError::NoUnit(owned())
            } else {
                DurationError::Malformed(owned())
            });
        }
        if behind.starts_with(['.', ',']) {
            return Err(DurationError::Fraction(owned()));
        }
        let end = behind.find(|c: char| !c.is_alphabetic()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(end);
        if unit.is_empty() {
            return Err(DurationError::Malformed(owned()));
        }
        let Some(&(_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(DurationError::UnknownUnit {
                text: owned(),
                unit: unit.to_owned(),
            });
        };
        if factor >= last_unit {
            return Err(DurationError::Order(owned()));
        }
        last_unit = factor;
        total = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(factor))
            .and_then(|part| total.checked_add(part))
            .ok_or_else(|| DurationError::TooLong(owned()))?;
        rest = behind;
    }
    Ok(Duration::from_millis(total))
}

/// Writes a duration so that [`parse_duration`] reads it: the non-zero units, whole milliseconds.
/// What is longer than nothing never reads `0`, because `0` switches a timeout off.
///
/// ```
/// # use std::time::Duration;
/// # use windlass_compiler::duration::show_duration;
/// assert_eq!(show_duration(Duration::from_secs(5400)), "1h30m");
/// ```
pub fn show_duration(duration: Duration) -> String {
    let mut left = u64::try_from((duration.as_nanos() + 500_000) / 1_000_000).unwrap_or(u64::MAX);
    if left == 0 {
        return if duration.is_zero() {
            "0".to_owned()
        } else {
            "1ms".to_owned()
        };
    }
    let mut text = String::new();
    for (name, factor) in UNITS {
        if left >= factor {
            text.push_str(&format!("{}{name}", left / factor));
            left %= factor;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_meant() {
        for (text, millis) in [
            ("0", 0),
            ("0s", 0),
            ("50ms", 50),
            ("1s", 1_000),
            (" 1s ", 1_000),
            ("120s", 120_000),
            ("10m", 600_000),
            ("2h", 7_200_000),
            ("1h30m", 5_400_000),
            ("1s500ms", 1_500),
            ("1d", 86_400_000),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_shown_can_be_read_back() {
        for (millis, text) in [
            (0, "0"),
            (37, "37ms"),
            (1_000, "1s"),
            (1_500, "1s500ms"),
            (120_000, "2m"),
            (5_400_000, "1h30m"),
            (86_400_001, "1d1ms"),
        ] {
            let duration = Duration::from_millis(millis);
            assert_eq!(show_duration(duration), text);
            assert_eq!(parse_duration(text), Ok(duration));
        }
        assert_eq!(show_duration(Duration::from_micros(3)), "1ms");
        assert_eq!(show_duration(Duration::from_micros(37_600)), "38ms");
    }

    #[test]
    fn every_error_says_what_to_write() {
        for (text, message) in [
            (
                "",
                "the duration is empty; write one such as 500ms, 10s, 5m or 1h30m",
            ),
            (
                "5",
                "`5` has no unit; write 5s for seconds or 5ms for milliseconds",
            ),
            (
                "5sec",
                "`sec` in `5sec` is not a unit; the units are ms, s, m, h and d",
            ),
            ("-1s", "`-1s` is negative; a duration is 0 or more"),
            (
                "1.5s",
                "`1.5s` has a fraction; write it in a smaller unit, 1500ms for 1.5s",
            ),
            (
                "30m1h",
                "`30m1h` must name its units from the longest to the shortest, each once, as in 1h30m",
            ),
            (
                "1s1s",
                "`1s1s` must name its units from the longest to the shortest, each once, as in 1h30m",
            ),
            (
                "99999999999999999999h",
                "`99999999999999999999h` is too long a duration",
            ),
            (
                "soon",
                "`soon` is not a duration; write one such as 500ms, 10s, 5m or 1h30m",
            ),
            (
                "1h30",
                "`1h30` is not a duration; write one such as 500ms, 10s, 5m or 1h30m",
            ),
            (
                "5 s",
                "`5 s` is not a duration; write one such as 500ms, 10s, 5m or 1h30m",
            ),
        ] {
            assert_eq!(
                parse_duration(text).map_err(|error| error.to_string()),
                Err(message.to_owned()),
                "{text}"
            );
        }
    }
}
