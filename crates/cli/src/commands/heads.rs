//! `windlass heads`

use clap::Args;
use serde_json::json;
use windlass::compiler::graph::Graph;

use super::{Done, Global, print_json};
use crate::context::Context;
use crate::files;

/// Prints the revisions that no other follows; needs no database
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass heads")]
pub(crate) struct Heads {
    /// Writes it as JSON
    #[arg(long)]
    json: bool,
}

impl Heads {
    pub(crate) fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let directory = files::load(&context.config.dir)?;
        let heads: Vec<String> = Graph::build(&directory.revisions)?
            .heads()
            .iter()
            .map(ToString::to_string)
            .collect();
        if self.json {
            print_json(&json!({ "heads": heads }));
        } else {
            heads.iter().for_each(|head| anstream::println!("{head}"));
        }
        Ok(0)
    }
}
