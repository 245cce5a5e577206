//! `windlass lock`

use clap::Args;
use windlass::compiler::graph::Graph;

use super::{Done, Global};
use crate::context::Context;
use crate::failure::Failure;
use crate::files;
use crate::lockfile::{self, LockFile};

/// Writes windlass.lock: the revision that this code needs
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass lock             writes it, from the files alone
  windlass lock --check     in CI: fails (exit 8) when it is not what the files say

`windlass upgrade` writes it too. Commit it, and copy it into images that carry no migrations.")]
pub(crate) struct Lock {
    /// Writes nothing; fails when the file is missing or says something else
    #[arg(long)]
    check: bool,
}

impl Lock {
    pub(crate) fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let directory = files::load(&context.config.dir)?;
        let graph = Graph::build(&directory.revisions)?;
        let lock = LockFile::of(&directory, &graph);
        let path = lockfile::path(&context.config.dir);
        let is_current = lock.is_current(&path);
        if self.check && !is_current {
            return Err(Failure::Other {
                message: format!("{} is not what the files say: {}", path.display(), lock.names()),
                hints: vec!["`windlass lock` writes it; commit it with the revision".to_owned()],
                code: 8,
            });
        }
        if is_current {
            context
                .ui
                .say(&format!("{} is up to date: {}", path.display(), lock.names()));
            return Ok(0);
        }
        std::fs::write(&path, lock.text())
            .map_err(|error| Failure::other(format!("failed to write {}: {error}", path.display())))?;
        context
            .ui
            .say(&format!("wrote {}: {}", path.display(), lock.names()));
        Ok(0)
    }
}
