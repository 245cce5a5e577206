//! `windlass history`

use clap::Args;
use serde_json::json;

use super::{Done, Global, print_json};
use crate::context::Context;

/// Lists the revisions that were applied, in order
#[derive(Debug, Args)]
pub(crate) struct History {
    /// Writes it as JSON
    #[arg(long)]
    json: bool,
}

impl History {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
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
            anstream::eprintln!("nothing was ever applied");
        }
        Ok(0)
    }
}
