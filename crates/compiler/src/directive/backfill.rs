//! `-- windlass: backfill NAME …`: how a data change is executed in batches.

use std::time::Duration;

use super::words::Line;
use super::{at, relation};
use crate::diagnostic::{Diagnostic, suggest};
use crate::duration::parse_duration;
use crate::format::Source;

/// A data change in batches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Backfill {
    /// The journal's key.
    pub name: String,
    /// Its table as SQL writes it, quoted where it needs to be; none to take the statement's only target.
    pub table: Option<String>,
    /// The column that tells tenants apart, and the word to show them by.
    pub by: Option<(String, String)>,
    /// It runs after the revision, as a background job.
    pub deferred: bool,
    /// How it is executed.
    pub options: BackfillOptions,
}

/// How a data change in batches is executed; what is not said is the engine's to choose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackfillOptions {
    /// Rows in a batch, as a fixed number.
    pub batch: Option<u64>,
    /// How long a batch should take; its rows follow from it.
    pub target: Option<Duration>,
    /// Pause between batches.
    pub pause: Option<Duration>,
    /// Sessions that work at once in one process.
    pub workers: Option<u32>,
    /// Tenants that come first, in this order.
    pub first: Vec<String>,
    /// What becomes of a row that fails.
    pub on_error: OnError,
    /// What becomes of the table's own triggers.
    pub triggers: Triggers,
    /// Nothing slows it down, and it vacuums nothing.
    pub is_unthrottled: bool,
    /// It stops for replication that is further behind than this.
    pub max_lag: Option<Duration>,
    /// It stops for slots that retain more megabytes of WAL than this.
    pub max_slot_mb: Option<u64>,
    /// It slows down when more sessions than this are active.
    pub max_active: Option<u64>,
    /// It stops while a transaction is older than this.
    pub max_transaction: Option<Duration>,
    /// It slows down when the server writes more megabytes of WAL a second than this.
    pub max_wal_mb: Option<u64>,
    /// Dead tuples, in percent of the live ones, at which it vacuums.
    pub max_dead: Option<u64>,
}

/// What becomes of a row that fails with an error of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnError {
    /// The backfill stops at it.
    #[default]
    Stop,
    /// It is recorded and passed over, up to this many rows.
    Skip(u64),
}

/// What becomes of the triggers, and of the rules, of the table whose rows change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Triggers {
    /// It is refused where there are any.
    #[default]
    Refuse,
    /// They are known, and shall fire.
    Fire,
    /// The rows are changed past them, as ALTER TABLE writes rows.
    Skip,
}

const KEYS: [&str; 18] = [
    "batch",
    "target",
    "pause",
    "workers",
    "first",
    "triggers",
    "throttle",
    "max-lag",
    "max-slot",
    "max-active",
    "max-transaction",
    "max-wal",
    "max-dead",
    "deferred",
    "inline",
    "on",
    "by",
    "on-error",
];

pub(super) fn read(
    source: &Source,
    line: &Line,
    usage: &dyn Fn(&str) -> Diagnostic,
) -> Result<Backfill, Diagnostic> {
    let mut words = line.words.iter();
    let name = words
        .next()
        .ok_or_else(|| usage("it needs a name, unique in the project"))?;
    if line.free.is_some() {
        return Err(usage("it takes no text"));
    }
    let mut backfill = Backfill {
        name: name.text.clone(),
        ..Backfill::default()
    };
    let mut seen: Vec<&str> = Vec::new();
    while let Some(word) = words.next() {
        let (key, value) = match word.text.split_once('=') {
            Some((key, value)) if !word.quoted => (key, Some(value)),
            _ => (word.text.as_str(), None),
        };
        let Some(key) = KEYS.into_iter().find(|known| *known == key) else {
            let problem = at(
                source,
                word.span,
                format!("`{}` is no option of a backfill", word.text),
            );
            return Err(match suggest(key, KEYS) {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem.help(
                    "it takes on, by … as, batch=, target=, pause=, workers=, first=, on-error, triggers=, \
                     throttle=off, max-…= and deferred",
                ),
            });
        };
        if seen.contains(&key) {
            return Err(usage(&format!("`{key}` stands here twice")));
        }
        seen.push(key);
        let options = &mut backfill.options;
        let mut following = |what: &str| words.next().ok_or_else(|| usage(what));
        let given = || {
            value
                .filter(|value| !value.is_empty())
                .ok_or_else(|| usage(&format!("`{key}` needs a value: {key}=…")))
        };
        let number = |what: &str, example: &str| {
            let value = given()?;
            match value.parse::<u64>() {
                Ok(number) if number > 0 => Ok(number),
                _ => Err(at(source, word.span, format!("`{value}` is no number of {what}"))
                    .help(format!("write {key}={example}"))),
            }
        };
        let time = |example: &str| {
            parse_duration(given()?).map_err(|problem| {
                at(source, word.span, problem.to_string()).help(format!("write {key}={example}"))
            })
        };
        let only = |expected: &str| match given()? {
            value if value == expected => Ok(()),
            value => Err(
                at(source, word.span, format!("`{key}` is {expected}, not `{value}`"))
                    .help(format!("write {key}={expected}, or leave it out")),
            ),
        };
        match key {
            "on" => {
                let table = relation(following("`on` needs a table")?).map_err(|why| usage(&why))?;
                backfill.table = Some(table);
            }
            "by" => {
                let column = following("`by` needs a column")?;
                if following("`by COLUMN` needs `as WORD`")?.text != "as" {
                    return Err(usage("`by COLUMN` needs `as WORD`"));
                }
                let column = if column.quoted {
                    column.text.clone()
                } else {
                    column.text.to_ascii_lowercase()
                };
                backfill.by = Some((column, following("`as` needs a word")?.text.clone()));
            }
            "on-error" => {
                options.on_error = match following("`on-error` needs stop or skip")?.text.as_str() {
                    "stop" => OnError::Stop,
                    "skip" => {
                        let most = following("`on-error skip` needs a number of rows")?;
                        OnError::Skip(most.text.parse().map_err(|_| {
                            at(source, most.span, format!("`{}` is no number of rows", most.text))
                                .help("write on-error skip 10")
                        })?)
                    }
                    _ => return Err(usage("`on-error` needs stop or skip")),
                }
            }
            "deferred" => backfill.deferred = true,
            "inline" => {}
            "batch" => options.batch = Some(number("rows", "1000")?),
            "target" => options.target = Some(time("100ms")?).filter(|target| !target.is_zero()),
            "pause" => options.pause = Some(time("100ms")?),
            "workers" => {
                let workers = number("workers", "2")?;
                options.workers = Some(u32::try_from(workers).unwrap_or(u32::MAX));
            }
            "first" => options.first = given()?.split(',').map(str::to_owned).collect(),
            "triggers" => {
                options.triggers = match given()? {
                    "fire" => Triggers::Fire,
                    "skip" => Triggers::Skip,
                    value => {
                        return Err(at(
                            source,
                            word.span,
                            format!("`triggers` is fire or skip, not `{value}`"),
                        )
                        .help("write triggers=skip to change the rows past them, triggers=fire to let them fire"));
                    }
                };
            }
            "throttle" => {
                only("off")?;
                options.is_unthrottled = true;
            }
            "max-lag" => options.max_lag = Some(time("10s")?),
            "max-slot" => options.max_slot_mb = Some(number("megabytes", "1024")?),
            "max-active" => options.max_active = Some(number("sessions", "50")?),
            "max-transaction" => options.max_transaction = Some(time("30m")?),
            "max-wal" => options.max_wal_mb = Some(number("megabytes", "64")?),
            "max-dead" => options.max_dead = Some(number("percent", "20")?),
            _ => {}
        }
    }
    let is_said = |key: &str| seen.contains(&key);
    if is_said("batch") && is_said("target") {
        return Err(usage("a fixed batch has no target time"));
    }
    if is_said("deferred") && is_said("inline") {
        return Err(usage("`deferred` and `inline` contradict each other"));
    }
    if is_said("first") && backfill.by.is_none() {
        return Err(usage("`first` names tenants, so it needs `by COLUMN as WORD`"));
    }
    Ok(backfill)
}
