//! `windlass doctor`

use std::time::Duration;

use clap::Args;
use serde_json::json;
use windlass::doctor::{self, Examination, Patience, Severity};

use super::{Done, Global, duration, print_json};
use crate::context::Context;

/// Looks for what in the server would make a migration fail or wait, and says how to act
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass doctor
  windlass doctor --json | jq '.findings[] | select(.severity == \"problem\")'

It only reads. Exit 1 when there is a problem; warnings and notes exit 0.")]
pub(crate) struct Doctor {
    /// From which age on a transaction counts as forgotten [default: 1m at work, 10s idle, 5m prepared]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    patience: Option<Duration>,
    /// Writes it as JSON
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let options = context.connect_options()?;
        let settings = context.session_settings();
        let patience = self.patience.map(Patience::all).unwrap_or_default();
        let found = doctor::examine(&options, &settings, &patience).await?;
        if self.json {
            print_json(&as_json(&found));
        } else {
            show(&found);
        }
        let bad = found
            .findings
            .iter()
            .any(|finding| finding.severity == Severity::Problem);
        Ok(u8::from(bad))
    }
}

fn show(found: &Examination) {
    let version = found.server_version.map_or(String::new(), |version| {
        format!(", PostgreSQL {}.{}", version / 10_000, version % 10_000)
    });
    anstream::println!("{}{version}", found.database);
    for finding in &found.findings {
        let mark = match finding.severity {
            Severity::Problem => "❌ problem",
            Severity::Warning => "⚠ warning",
            Severity::Unseen => "? not seen",
            _ => "· note",
        };
        anstream::println!("{mark}: {}", finding.message);
        if !finding.act.is_empty() {
            anstream::println!("    {}", finding.act);
        }
    }
    let asked = found.questions.len();
    let count = |wanted: Severity| {
        found
            .findings
            .iter()
            .filter(|finding| finding.severity == wanted)
            .count()
    };
    anstream::println!(
        "{asked} questions asked: {} problems, {} warnings, {} notes, {} not seen",
        count(Severity::Problem),
        count(Severity::Warning),
        count(Severity::Note),
        count(Severity::Unseen)
    );
}

fn as_json(found: &Examination) -> serde_json::Value {
    json!({
        "database": found.database,
        "server_version": found.server_version,
        "questions": found.questions,
        "findings": found.findings.iter().map(|finding| json!({
            "question": finding.question,
            "severity": finding.severity.name(),
            "message": finding.message,
            "act": finding.act,
        })).collect::<Vec<_>>(),
    })
}
