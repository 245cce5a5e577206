//! `windlass merge`

use clap::Args;
use windlass::compiler::format::RevisionId;
use windlass::compiler::graph::Graph;

use super::{Done, Global, revision};
use crate::context::Context;
use crate::files;

/// Writes a revision that joins all heads
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass merge
  windlass merge -m \"calls and billing\"")]
pub(crate) struct Merge {
    /// Its name
    #[arg(long, short, default_value = "merge")]
    message: String,
}

impl Merge {
    pub(crate) fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let directory = files::load(&context.config.dir)?;
        let heads: Vec<RevisionId> = Graph::build(&directory.revisions)?.heads();
        if heads.len() < 2 {
            context.ui.say("there is one head; nothing to merge");
            return Ok(0);
        }
        let parents: Vec<String> = heads.iter().map(RevisionId::word).collect();
        revision::write(&context, &directory, &self.message, &parents.join(" "), false)
    }
}
