//! `windlass verify`

use std::time::Duration;

use clap::Args;
use serde_json::json;
use windlass::compiler::duration::show_duration;
use windlass::{BuiltIn, Offenders, Verdict, Verification};

use super::{Done, Global, duration, print_json};
use crate::context::{self, Context};
use crate::failure::{Failure, UNVERIFIED};

/// Asks the `verify` statements of applied revisions again, and what they declare; shows what is in the way
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass verify                      all applied revisions
  windlass verify 0036 0109            these two
  windlass verify --except 0012        all but one whose table has changed since

Asked besides: whether the columns that revisions declare are there with their types, their indexes are there and valid, and
every constraint is validated. Each statement runs in a read-only transaction of its own. Exit 5 when one is not true or cannot be asked.")]
pub(crate) struct Verify {
    /// Revisions: ids or their beginnings, or labels; none for all that are applied
    revisions: Vec<String>,
    /// Leaves this revision out
    #[arg(long, value_name = "REVISION", conflicts_with = "revisions")]
    except: Vec<String>,
    /// How long one statement may take, 0 for any time
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5m")]
    timeout: Duration,
    /// Writes it as JSON
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let runner = context.runner()?;
        let named = |names: &[String]| {
            names
                .iter()
                .map(|name| runner.graph().named(name))
                .collect::<Result<Vec<_>, _>>()
                .map_err(|problem| Failure::Input(vec![problem]))
        };
        let (only, except) = (named(&self.revisions)?, named(&self.except)?);
        let limit = (!self.timeout.is_zero()).then_some(self.timeout);
        let stop = context::stop_on_signals();
        let found: Vec<Verification> = runner.verify(&only, &except, limit, &stop).await?;
        let built_in: Vec<BuiltIn> = runner.verify_built_in(&only, &except).await?;
        if self.json {
            print_json(&json!({
                "verifications": found.iter().map(as_json).collect::<Vec<_>>(),
                "built_in": built_in.iter().map(built_in_json).collect::<Vec<_>>(),
            }));
        } else {
            found.iter().for_each(show);
            built_in.iter().for_each(show_built_in);
        }
        let asked = found.iter().map(|one| &one.verdict);
        let verdicts: Vec<&Verdict> = asked.chain(built_in.iter().map(|one| &one.verdict)).collect();
        let bad = verdicts
            .iter()
            .filter(|verdict| ***verdict != Verdict::Holds)
            .count();
        if bad > 0 {
            context
                .ui
                .say(&format!("{bad} of {} are not true", verdicts.len()));
            return Ok(UNVERIFIED);
        }
        if found.is_empty() {
            context.ui.say("no applied revision has a `verify` statement");
        }
        context.ui.say(&format!("✅ all {} hold", verdicts.len()));
        Ok(0)
    }
}

fn show(verification: &Verification) {
    let (mark, word) = match &verification.verdict {
        Verdict::Holds => ("✅", "true"),
        Verdict::Fails => ("❌", "not true"),
        Verdict::Unanswered(_) => ("❌", "not answered"),
    };
    anstream::println!(
        "{mark} {} line {}: {word} in {}: {}",
        verification.revision,
        verification.line,
        show_duration(Duration::from_millis(millis(verification.took))),
        verification.text
    );
    if let Verdict::Unanswered(why) = &verification.verdict {
        anstream::println!("     {why}");
    }
    if let Some(offenders) = &verification.offenders {
        rows(offenders);
    }
}

fn show_built_in(check: &BuiltIn) {
    let (mark, word) = match &check.verdict {
        Verdict::Holds => ("✅", "true"),
        _ => ("❌", "not true"),
    };
    anstream::println!(
        "{mark} built-in {}: {word} in {}: {}",
        check.name,
        show_duration(Duration::from_millis(millis(check.took))),
        check.text
    );
    if let Some(offenders) = &check.offenders {
        rows(offenders);
    }
}

fn built_in_json(check: &BuiltIn) -> serde_json::Value {
    json!({
        "name": check.name,
        "text": check.text,
        "result": if check.verdict == Verdict::Holds { "true" } else { "false" },
        "took_ms": millis(check.took),
        "offending_rows": check.offenders.as_ref().map(|offenders| json!({
            "columns": offenders.columns,
            "rows": offenders.rows,
            "more": offenders.more,
        })),
    })
}

/// The rows in the way as a small table.
fn rows(offenders: &Offenders) {
    let cell = |value: &Option<String>| value.clone().unwrap_or_else(|| "NULL".to_owned());
    let lines: Vec<Vec<String>> = std::iter::once(offenders.columns.clone())
        .chain(offenders.rows.iter().map(|row| row.iter().map(cell).collect()))
        .collect();
    let widths: Vec<usize> = (0..offenders.columns.len())
        .map(|column| {
            lines
                .iter()
                .map(|line| line[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    for line in &lines {
        let cells: Vec<String> = line
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        anstream::println!("     {}", cells.join("  ").trim_end());
    }
    if offenders.more {
        anstream::println!("     …");
    }
}

fn as_json(verification: &Verification) -> serde_json::Value {
    let (result, error) = match &verification.verdict {
        Verdict::Holds => ("true", None),
        Verdict::Fails => ("false", None),
        Verdict::Unanswered(why) => ("unanswered", Some(why)),
    };
    json!({
        "revision": verification.revision.as_str(),
        "line": verification.line,
        "text": verification.text,
        "sql": verification.sql,
        "result": result,
        "error": error,
        "took_ms": millis(verification.took),
        "offending_rows": verification.offenders.as_ref().map(|offenders| json!({
            "columns": offenders.columns,
            "rows": offenders.rows,
            "more": offenders.more,
        })),
    })
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
