//! The values a setting can have, how they are written and how they are read.

use std::fmt;
use std::time::Duration;

use super::settings::Kind;
use crate::diagnostic::suggest;
use crate::duration::{parse_duration, show_duration};

/// PostgreSQL keeps its timeouts in a 32-bit count of milliseconds.
const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);

/// How long one lock is waited for, attempt by attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockWait {
    /// As long as it takes (`lock_timeout = 0`).
    None,
    /// The same on every attempt.
    Fixed(Duration),
    /// Doubling from `from` up to `to`, so that the first attempts cost the application least.
    Ramp {
        /// The first attempt's.
        from: Duration,
        /// No attempt waits longer.
        to: Duration,
    },
}

impl LockWait {
    /// The `lock_timeout` of an attempt, counted from 1; `None` sets no limit.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use windlass_compiler::policy::LockWait;
    /// let ramp = LockWait::Ramp { from: Duration::from_millis(50), to: Duration::from_millis(500) };
    /// assert_eq!(ramp.for_attempt(3), Some(Duration::from_millis(200)));
    /// assert_eq!(ramp.for_attempt(9), Some(Duration::from_millis(500)));
    /// ```
    pub fn for_attempt(self, attempt: u32) -> Option<Duration> {
        match self {
            Self::None => None,
            Self::Fixed(wait) => Some(wait),
            Self::Ramp { from, to } => Some(doubled(from, attempt).min(to)),
        }
    }

    /// The longest wait of any attempt; `None` sets no limit.
    pub fn longest(self) -> Option<Duration> {
        self.for_attempt(u32::MAX)
    }

    pub(super) fn at_most(self, limit: Duration) -> Self {
        match self {
            Self::None => Self::Fixed(limit),
            Self::Fixed(wait) => Self::Fixed(wait.min(limit)),
            Self::Ramp { from, to } => Self::Ramp {
                from: from.min(limit),
                to: to.min(limit),
            },
        }
    }
}

/// The pause between two attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backoff {
    /// Try again at once.
    None,
    /// `step`, twice `step`, three times `step` …, exactly.
    Linear {
        /// The first pause, and what each later one adds.
        step: Duration,
    },
    /// A random share of a ceiling that doubles (full jitter).
    Exponential {
        /// The first ceiling.
        from: Duration,
        /// No ceiling is higher.
        to: Duration,
    },
}

impl Backoff {
    /// The longest pause before a retry, counted from 1. Where [`Backoff::is_jittered`],
    /// the pause is drawn between nothing and this; else it is this.
    pub fn ceiling(self, retry: u32) -> Duration {
        match self {
            Self::None => Duration::ZERO,
            Self::Linear { step } => step.saturating_mul(retry.max(1)),
            Self::Exponential { from, to } => doubled(from, retry).min(to),
        }
    }

    /// Whether the pause is drawn at random below [`Backoff::ceiling`].
    pub fn is_jittered(self) -> bool {
        matches!(self, Self::Exponential { .. })
    }
}

impl fmt::Display for Backoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Linear { step } => write!(f, "linear {}", show_duration(*step)),
            Self::Exponential { from, to } => {
                write!(f, "exponential {}..{}", show_duration(*from), show_duration(*to))
            }
        }
    }
}

fn doubled(first: Duration, nth: u32) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(nth.saturating_sub(1)))
}

/// A lock wait before the stall budget is known: `none`, `5s`, `budget/2`, `50ms..budget/2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LockWaitRule {
    None,
    Fixed(Limit),
    Ramp { from: Duration, to: Limit },
}

/// A duration, or a share of the stall budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    Of(Duration),
    Budget { divisor: u32 },
}

impl Limit {
    fn resolve(self, budget: Option<Duration>) -> Option<Duration> {
        match self {
            Self::Of(duration) => Some(duration),
            Self::Budget { divisor } => budget.map(|budget| budget / divisor),
        }
    }
}

impl LockWaitRule {
    /// One wait, where zero is no limit.
    pub(super) fn of(wait: Duration) -> Self {
        if wait.is_zero() {
            Self::None
        } else {
            Self::Fixed(Limit::Of(wait))
        }
    }

    /// The wait under `budget`; nothing when it is a share of a budget that is not there.
    pub(super) fn resolve(self, budget: Option<Duration>) -> Option<LockWait> {
        match self {
            Self::None => Some(LockWait::None),
            Self::Fixed(limit) => limit.resolve(budget).map(LockWait::Fixed),
            Self::Ramp { from, to } => to.resolve(budget).map(|to| LockWait::Ramp {
                from: from.min(to),
                to,
            }),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(duration) => f.write_str(&show_duration(*duration)),
            Self::Budget { divisor: 1 } => f.write_str("budget"),
            Self::Budget { divisor } => write!(f, "budget/{divisor}"),
        }
    }
}

impl fmt::Display for LockWaitRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Fixed(limit) => limit.fmt(f),
            Self::Ramp { from, to } => write!(f, "{}..{to}", show_duration(*from)),
        }
    }
}

/// What somebody wrote for a setting, in a file, a variable, a flag or a program.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Given {
    /// Text, in the setting's own notation. All that a variable or a flag can hold.
    Text(String),
    /// A bare number.
    Integer(i64),
    /// `true` or `false`.
    Boolean(bool),
    /// Several words.
    List(Vec<String>),
}

impl From<&str> for Given {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Given {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Given {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Given {
    fn from(truth: bool) -> Self {
        Self::Boolean(truth)
    }
}

impl From<Vec<String>> for Given {
    fn from(words: Vec<String>) -> Self {
        Self::List(words)
    }
}

/// A value that has been read as its setting's kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Duration(Duration),
    OptionalDuration(Option<Duration>),
    LockWait(LockWaitRule),
    Backoff(Backoff),
    OptionalCount(Option<u32>),
    Choice(&'static str),
    List(Vec<String>),
    Boolean(bool),
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duration(duration) | Self::OptionalDuration(Some(duration)) => {
                f.write_str(&show_duration(*duration))
            }
            Self::OptionalDuration(None) | Self::OptionalCount(None) => f.write_str("none"),
            Self::LockWait(rule) => rule.fmt(f),
            Self::Backoff(backoff) => backoff.fmt(f),
            Self::OptionalCount(Some(count)) => count.fmt(f),
            Self::Choice(word) => f.write_str(word),
            Self::List(words) => f.write_str(&words.join(", ")),
            Self::Boolean(truth) => truth.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl Kind {
    /// Reads what somebody wrote. The error continues "`key`: ".
    pub(super) fn read(self, given: &Given) -> Result<Value, String> {
        let text = match (self, given) {
            (Self::List, Given::List(words)) => return list(words.iter().map(String::as_str)),
            (Self::Boolean, Given::Boolean(truth)) => return Ok(Value::Boolean(*truth)),
            (Self::Text, Given::Integer(_) | Given::Boolean(_)) => {
                return Err(format!("wants {}, in quotes", self.expects()));
            }
            (_, Given::Text(text)) => text.trim().to_owned(),
            (_, Given::Integer(number)) => number.to_string(),
            (_, Given::Boolean(truth)) => return Err(format!("wants {}, not {truth}", self.expects())),
            (_, Given::List(_)) => return Err(format!("wants {}, not a list", self.expects())),
        };
        match self {
            Self::Duration => duration(&text).map(Value::Duration),
            // PostgreSQL's own way to switch a timeout off is 0.
            Self::Timeout if text == "none" || text == "0" => Ok(Value::OptionalDuration(None)),
            Self::Period if text == "none" => Ok(Value::OptionalDuration(None)),
            Self::Timeout | Self::Period => duration(&text).map(|it| Value::OptionalDuration(Some(it))),
            Self::LockWait => lock_wait(&text).map(Value::LockWait),
            Self::Backoff => backoff(&text).map(Value::Backoff),
            Self::Count if text == "none" => Ok(Value::OptionalCount(None)),
            Self::Count => match text.parse::<u32>() {
                Ok(count) if count > 0 => Ok(Value::OptionalCount(Some(count))),
                _ => Err(format!("`{text}` is not {}", self.expects())),
            },
            Self::Choice(words) => match words.iter().find(|word| **word == text) {
                Some(word) => Ok(Value::Choice(word)),
                None => Err(match suggest(&text, words.iter().copied()) {
                    Some(near) => format!("`{text}` is not {}; did you mean {near}?", self.expects()),
                    None => format!("`{text}` is not {}", self.expects()),
                }),
            },
            Self::List => list(text.split(',').filter(|_| !text.is_empty())),
            Self::Boolean => match text.as_str() {
                "true" | "on" | "yes" | "1" => Ok(Value::Boolean(true)),
                "false" | "off" | "no" | "0" => Ok(Value::Boolean(false)),
                _ => Err(format!("`{text}` is not {}", self.expects())),
            },
            Self::Text => Ok(Value::Text(text)),
        }
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let duration = parse_duration(text).map_err(|error| error.to_string())?;
    if duration > LONGEST {
        return Err(format!(
            "`{text}` is longer than PostgreSQL can count; write none for no limit"
        ));
    }
    Ok(duration)
}

fn list<'a>(words: impl Iterator<Item = &'a str>) -> Result<Value, String> {
    let words: Vec<String> = words.map(|word| word.trim().to_owned()).collect();
    if words.iter().any(String::is_empty) {
        return Err("has an empty name in its list".to_owned());
    }
    Ok(Value::List(words))
}

fn limit(text: &str) -> Result<Limit, String> {
    let Some(behind) = text.strip_prefix("budget") else {
        return match duration(text)? {
            Duration::ZERO => Err("0 is no wait to end with; write none for no limit".to_owned()),
            wait => Ok(Limit::Of(wait)),
        };
    };
    let divisor = match behind.strip_prefix('/') {
        None if behind.is_empty() => Some(1),
        None => None,
        Some(number) => number.trim().parse().ok().filter(|divisor| *divisor > 0),
    };
    let divisor =
        divisor.ok_or_else(|| format!("`{text}` is no share of the budget; write one such as budget/2"))?;
    Ok(Limit::Budget { divisor })
}

fn lock_wait(text: &str) -> Result<LockWaitRule, String> {
    if text == "none" || text == "0" {
        return Ok(LockWaitRule::None);
    }
    let Some((from, to)) = text.split_once("..") else {
        return limit(text).map(LockWaitRule::Fixed);
    };
    let (from, to) = (duration(from.trim())?, limit(to.trim())?);
    if from.is_zero() {
        return Err(format!(
            "`{text}` starts at 0, which would wait for ever; start at 50ms"
        ));
    }
    match to {
        Limit::Of(end) if end < from => Err(format!(
            "`{text}` ends before it starts; write the shorter wait first"
        )),
        to => Ok(LockWaitRule::Ramp { from, to }),
    }
}

fn backoff(text: &str) -> Result<Backoff, String> {
    let wanted = || format!("`{text}` is not {}", Kind::Backoff.expects());
    if text == "none" {
        return Ok(Backoff::None);
    }
    let (shape, pauses) = text.split_once(' ').ok_or_else(wanted)?;
    match shape {
        "linear" => Ok(Backoff::Linear {
            step: duration(pauses)?,
        }),
        "exponential" => {
            let (from, to) = pauses.split_once("..").ok_or_else(wanted)?;
            let (from, to) = (duration(from)?, duration(to)?);
            if to < from {
                return Err(format!(
                    "`{text}` ends before it starts; write the shorter pause first"
                ));
            }
            Ok(Backoff::Exponential { from, to })
        }
        _ => Err(wanted()),
    }
}
