//! `windlass history`

use clap::Args;
use serde_json::json;

use super::{Done, Global, print_json};
use crate::context::Context;
use crate::report::{self, Format};
use crate::ui;

/// Lists the revisions that were applied, in order
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass history
  windlass history --report                       what ran when, how long, with which trouble
  windlass history --report markdown --last 1     the last run, to paste into a ticket")]
pub(crate) struct History {
    /// Tells of runs instead: what ran when, how long, attempts, retries, stalls, warnings
    #[arg(long, value_name = "FORMAT", value_enum, num_args = 0..=1, default_missing_value = "text")]
    report: Option<Format>,
    /// How many runs the report tells of, the newest first
    #[arg(long, value_name = "N", default_value_t = 20, requires = "report")]
    last: u32,
    /// Writes it as JSON
    #[arg(long)]
    json: bool,
}

impl History {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        if let Some(format) = self.report {
            let format = if self.json { Format::Json } else { format };
            let runs = context.runner()?.report(self.last).await?;
            anstream::print!("{}", report::render(&runs, format));
            return Ok(0);
        }
        let (journal, _) = context.runner()?.status().await?;
        if self.json {
            let rows: Vec<_> = journal
                .revisions
                .iter()
                .map(|row| {
                    json!({
                        "revision": row.id.as_str(),
                        "state": row.state.name(),
                        "parents": row.parents.iter().map(ToString::to_string).collect::<Vec<_>>(),
                        "checksum": row.checksum,
                        "started_at": row.started_at.to_string(),
                        "applied_at": row.applied_at.map(|at| at.to_string()),
                    })
                })
                .collect();
            print_json(&json!({ "revisions": rows }));
            return Ok(0);
        }
        for row in &journal.revisions {
            let at = row
                .applied_at
                .unwrap_or(row.started_at)
                .strftime("%Y-%m-%d %H:%M:%SZ");
            anstream::println!("{at}  {:<8} {}", row.state.name(), row.id);
        }
        if journal.revisions.is_empty() {
            ui::talk("nothing is applied; `windlass history --report` tells of past runs\n");
        }
        Ok(0)
    }
}
