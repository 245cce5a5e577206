//! A plan on paper: one file per format. What is told is the engine's; the words that all formats share are here.

mod html;
mod json;
mod markdown;
mod text;

use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use windlass::compiler::catalog::Size;
use windlass::compiler::diagnostic::{Diagnostic, Severity};
use windlass::compiler::effect::LockMode;
use windlass::compiler::plan::{Cut, Forecast, Pace, PlannedStatement, Shape, Step};
use windlass::compiler::rules;
use windlass::compiler::sql::{RelationName, without_passwords};
use windlass::{Basis, Beginning, Plan, RevisionPlan};

use crate::ui::count;

/// A format of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines for people.
    Text,
    /// For a comment on a pull request; a hidden first line lets a bot find it again.
    Markdown,
    /// One page that needs nothing else.
    Html,
    /// One object, for programs.
    Json,
}

/// What is put on paper.
pub(crate) struct Sheet<'p> {
    pub(crate) plan: &'p Plan,
    /// Only what changed since this git revision was asked for.
    pub(crate) since: Option<&'p str>,
    /// Revisions that changed and that the database has already.
    pub(crate) applied: Vec<String>,
    /// What an upgrade of a database without applied revisions begins with.
    pub(crate) beginning: Option<Beginning>,
}

/// The sheet in a format.
pub(crate) fn render(sheet: &Sheet, format: Format) -> String {
    match format {
        Format::Text => text::render(sheet),
        Format::Markdown => markdown::render(sheet),
        Format::Html => html::render(sheet),
        Format::Json => format!("{:#}\n", json::value(sheet)),
    }
}

impl Sheet<'_> {
    fn pace(&self) -> Option<Pace> {
        match self.plan.basis {
            Basis::Database { pace, .. } => pace,
            Basis::UpToDate | Basis::Nothing => None,
        }
    }

    /// What the plan was made by, in a sentence or two.
    pub(crate) fn basis(&self) -> String {
        match &self.plan.basis {
            Basis::Nothing if self.since.is_some() => {
                "No database was asked: the worst is told. Whatever these revisions do not make themselves counts as large \
                 and in use."
                    .to_owned()
            }
            Basis::Nothing => {
                "No database was asked: the worst is told. Every revision is planned by itself; whatever it does not make \
                 itself counts as large and in use."
                    .to_owned()
            }
            Basis::UpToDate => String::new(),
            Basis::Database { catalog, pace, .. } => {
                let version = catalog.major();
                match pace {
                    Some(pace) => format!(
                        "Made for the database as it is (PostgreSQL {version}). It reads about {} a second; the times are \
                         estimates by that, for a server with nothing else to do.",
                        speed(*pace)
                    ),
                    None => format!("Made for the database as it is (PostgreSQL {version})."),
                }
            }
        }
    }

    /// Revisions, steps and about how long, as words.
    fn headline(&self) -> String {
        let revisions = self.plan.revisions.len();
        if revisions == 0 {
            return match self.since {
                Some(since) => format!("nothing is pending that changed since {since}"),
                None => "nothing is pending".to_owned(),
            };
        }
        let steps = self.plan.revisions.iter().map(|plan| plan.steps.len()).sum();
        let mut words = format!("{}, {}", count(revisions, "revision"), count(steps, "step"));
        let all = self
            .plan
            .revisions
            .iter()
            .flat_map(|plan| plan.forecasts.iter().flatten());
        let estimates = all.filter_map(|forecast| forecast.estimate(self.pace()?));
        let total: Duration = estimates.sum();
        if total >= Duration::from_secs(1) {
            words.push_str(&format!(", {}", about(total)));
        }
        words
    }
}

/// That a safe form begins here, by which rule and why.
fn form_of(statement: &PlannedStatement) -> Option<String> {
    let rewrite = statement.rewrite.as_ref().filter(|rewrite| rewrite.part == 1)?;
    let rule = rules::find(&rewrite.rule)?;
    Some(format!("safe form by {}: {}", rule.id, rule.why))
}

/// What a statement does that grows with a table.
fn work(forecast: &Forecast) -> Vec<String> {
    let each = forecast.work.iter().map(|work| {
        let perhaps = if work.is_sure { "" } else { "perhaps " };
        format!(
            "{perhaps}{} {}{}",
            work.doing.verb(),
            short(&work.relation),
            sized(work.size)
        )
    });
    each.collect()
}

/// What goes away with it.
fn losses(forecast: &Forecast) -> Vec<String> {
    forecast
        .losses
        .iter()
        .map(|what| format!("loses {what}"))
        .collect()
}

/// A step's locks that make queries wait, the strongest of each relation, and what nobody could list.
fn blocks(forecasts: &[Arc<Forecast>]) -> Vec<String> {
    let mut strongest: Vec<(&RelationName, LockMode, Size, Option<&RelationName>)> = Vec::new();
    for lock in forecasts.iter().flat_map(|forecast| &forecast.locks) {
        match strongest.iter_mut().find(|(known, ..)| **known == lock.relation) {
            Some((_, mode, ..)) => *mode = lock.mode.max(*mode),
            None => strongest.push((&lock.relation, lock.mode, lock.size, lock.index_of.as_ref())),
        }
    }
    let held: Vec<(RelationName, LockMode)> = strongest
        .iter()
        .map(|(relation, mode, ..)| ((*relation).clone(), *mode))
        .collect();
    let is_told = |table: &RelationName, mode: LockMode| {
        let of_table = held.iter().find(|(relation, _)| relation == table);
        of_table.is_some_and(|(_, held)| *held >= mode)
    };
    let mut words = Vec::new();
    for (relation, mode, size, index_of) in strongest {
        let Some(whom) = whom(mode) else { continue };
        // Who waits for the table does not come to its index.
        if index_of.is_some_and(|table| is_told(table, mode)) {
            continue;
        }
        let what = match index_of {
            Some(table) => format!(
                "{} that use the index {} of {}",
                whom,
                short(relation),
                short(table)
            ),
            None => format!("{} {}", preposition(whom), short(relation)),
        };
        let size = if index_of.is_some() {
            String::new()
        } else {
            sized(size)
        };
        words.push(format!("blocks {what} ({mode}){size}"));
    }
    for lock in forecasts.iter().flat_map(|forecast| &forecast.unlisted) {
        if let Some(whom) = whom(lock.mode) {
            let text = format!(
                "perhaps blocks {} {} ({})",
                preposition(whom),
                lock.whose(),
                lock.mode
            );
            if !words.contains(&text) {
                words.push(text);
            }
        }
    }
    if forecasts.iter().any(|forecast| forecast.opaque) {
        words.push("runs code that nobody sees into: it may lock, rewrite and lose anything".to_owned());
    }
    words
}

fn whom(mode: LockMode) -> Option<&'static str> {
    match (mode.blocks_reads(), mode.blocks_writes()) {
        (true, _) => Some("reads and writes"),
        (false, true) => Some("writes"),
        (false, false) => None,
    }
}

fn preposition(whom: &str) -> String {
    if whom == "writes" {
        "writes to".to_owned()
    } else {
        format!("{whom} of")
    }
}

/// Relations are found in `public` without its name.
fn short(relation: &RelationName) -> String {
    let schema = relation.schema.as_deref().filter(|schema| *schema != "public");
    RelationName::new(schema, &relation.name).to_string()
}

fn sized(size: Size) -> String {
    if size == Size::default() {
        String::new()
    } else {
        format!(", {size}")
    }
}

/// How the server gets a step.
fn shape(step: &Step) -> &'static str {
    match step.shape {
        Shape::Transaction => "transaction",
        Shape::Alone => "outside a transaction",
        Shape::Backfill => "a transaction a batch",
    }
}

/// Why the step is cut off from the one before it.
fn cut(step: &Step) -> Option<&'static str> {
    (step.cut != Cut::Start).then(|| step.cut.reason())
}

/// A step's time, where it can be told.
fn estimate(forecasts: &[Arc<Forecast>], pace: Option<Pace>) -> Option<Duration> {
    let mut estimates = forecasts
        .iter()
        .filter(|forecast| !forecast.work.is_empty() || forecast.opaque)
        .map(|forecast| forecast.estimate(pace?))
        .peekable();
    estimates.peek()?;
    estimates.sum()
}

/// A time that nobody should take for exact.
fn about(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 0.1 {
        return "less than 0.1 s".to_owned();
    }
    let (value, unit) = match seconds {
        seconds if seconds < 90.0 => (seconds, "s"),
        seconds if seconds < 5400.0 => (seconds / 60.0, "min"),
        seconds => (seconds / 3600.0, "h"),
    };
    if value < 10.0 {
        format!("about {value:.1} {unit}").replace(".0 ", " ")
    } else {
        format!("about {value:.0} {unit}")
    }
}

fn speed(pace: Pace) -> windlass::compiler::catalog::Bytes {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive speed, for people"
    )]
    windlass::compiler::catalog::Bytes::Known(pace.bytes_per_second as u64)
}

/// What a rule refuses, and what else the author should know, each with its severity, by its line.
fn told(plan: &RevisionPlan) -> impl Iterator<Item = (&'static str, String)> {
    plan.warnings.iter().map(|told| {
        let severity = match told.severity {
            Severity::Error => "refused",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        (severity, worded(told))
    })
}

/// A diagnostic in one line. The path to its file is nobody's business who reads the paper.
fn worded(told: &Diagnostic) -> String {
    let line = told.place.as_ref().map(|place| format!("line {}: ", place.line));
    let rule = told.code.map(|rule| format!(" ({rule})"));
    format!(
        "{}{}{}",
        line.unwrap_or_default(),
        told.message,
        rule.unwrap_or_default()
    )
}

/// A statement on one line, without passwords: plans are put under pull requests and into logs.
fn one_line(sql: &str) -> String {
    let sql = without_passwords(sql);
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_rounded_to_what_can_be_known() {
        let shown = [0.01, 0.44, 3.0, 75.4, 600.0, 10_000.0].map(|time| about(Duration::from_secs_f64(time)));
        assert_eq!(
            shown,
            [
                "less than 0.1 s",
                "about 0.4 s",
                "about 3 s",
                "about 75 s",
                "about 10 min",
                "about 2.8 h"
            ]
        );
    }
}
