//! `windlass current`

use std::collections::HashSet;

use clap::Args;
use serde_json::json;
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
        // Of what is applied, whatever nothing applied stands on: by the files, and by the journal for what they do not hold.
        let unknown = journal
            .revisions
            .iter()
            .filter(|row| !runner.graph().contains(&row.id));
        let below: HashSet<&RevisionId> = unknown.flat_map(|row| &row.parents).collect();
        let tips: Vec<String> = runner
            .graph()
            .tips(&standing.applied)
            .into_iter()
            .filter(|id| !below.contains(id))
            .map(ToString::to_string)
            .collect();
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
