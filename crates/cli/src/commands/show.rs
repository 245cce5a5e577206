//! `windlass show`

use clap::Args;
use serde_json::json;

use super::{Done, Global, print_json};
use crate::context::Context;
use crate::failure::Failure;

/// Shows one revision: where it stands, its parents, its script
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass show 0036
  windlass show 0036 --json")]
pub(crate) struct Show {
    /// An id or its beginning, or a label
    revision: String,
    /// Writes it as JSON
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let runner = context.runner()?;
        let id = runner
            .graph()
            .named(&self.revision)
            .map_err(|problem| Failure::Input(vec![problem]))?;
        let (journal, _) = runner.status().await?;
        let row = journal.revisions.iter().find(|row| row.id == id);
        let Some(file) = runner
            .directory()
            .revisions
            .iter()
            .find(|revision| revision.id == id)
        else {
            return Err(Failure::other(format!(
                "the file of {id} is not in this directory"
            )));
        };
        let state = row.map_or("pending", |row| row.state.name());
        let parents: Vec<String> = runner
            .graph()
            .parents(&id)
            .iter()
            .map(ToString::to_string)
            .collect();
        if self.json {
            print_json(&json!({
                "revision": id.as_str(),
                "state": state,
                "parents": parents,
                "path": &*file.up.path,
                "down_path": file.down.as_ref().map(|down| down.path.to_string()),
                "checksum": file.checksum.as_str(),
                "applied_checksum": row.map(|row| row.checksum.clone()),
                "applied_at": row.and_then(|row| row.applied_at).map(|at| at.to_string()),
            }));
            return Ok(0);
        }
        anstream::println!("revision {id}\nstate    {state}");
        anstream::println!(
            "after    {}",
            if parents.is_empty() {
                "base".to_owned()
            } else {
                parents.join(" ")
            }
        );
        if let Some(at) = row.and_then(|row| row.applied_at) {
            anstream::println!("applied  {}", at.strftime("%Y-%m-%d %H:%M:%SZ"));
        }
        anstream::println!("checksum {}", file.checksum);
        anstream::println!("file     {}\n\n{}", file.up.path, file.up.text.trim_end());
        Ok(0)
    }
}
