//! `windlass current`

use std::collections::HashSet;

use clap::Args;
use serde_json::json;
use windlass::{Runner, Snapshot, Standing};
use windlass_compiler::format::RevisionId;

use super::{Done, Global, print_json};
use crate::context::Context;

/// Prints the revisions that the database is at
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass current
  windlass current --json")]
pub(crate) struct Current {
    /// Writes it as JSON
    #[arg(long)]
    json: bool,
}

impl Current {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let runner = context.runner()?;
        let (journal, standing) = runner.status().await?;
        let tips = tips(&runner, &journal, &standing);
        if self.json {
            print_json(&json!({ "current": tips }));
        } else if tips.is_empty() {
            anstream::println!("base");
        } else {
            tips.iter().for_each(|id| anstream::println!("{id}"));
        }
        Ok(0)
    }
}

/// Of what is applied, whatever nothing applied stands on: by the files, and by the journal for what they do not hold.
pub(super) fn tips(runner: &Runner, journal: &Snapshot, standing: &Standing) -> Vec<String> {
    let unknown = journal
        .revisions
        .iter()
        .filter(|row| !runner.graph().contains(&row.id));
    let below: HashSet<&RevisionId> = unknown.flat_map(|row| &row.parents).collect();
    let tips = runner.graph().tips(&standing.applied).into_iter();
    tips.filter(|id| !below.contains(id))
        .map(ToString::to_string)
        .collect()
}
