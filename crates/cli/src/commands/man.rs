//! `windlass man`

use std::path::PathBuf;

use clap::{Args, CommandFactory};

use super::{Cli, Done};
use crate::failure::Failure;

/// Writes the manual's pages to a directory, one per command
#[derive(Debug, Args)]
#[command(
    hide = true,
    after_help = "Example:
  windlass man /usr/local/share/man/man1"
)]
pub(crate) struct Man {
    /// Where to; made where it is missing
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Man {
    pub(crate) fn run(&self) -> Done {
        let failed = |error: std::io::Error| {
            Failure::other(format!(
                "failed to write the manual to {}: {error}",
                self.folder.display()
            ))
        };
        std::fs::create_dir_all(&self.folder).map_err(failed)?;
        clap_mangen::generate_to(Cli::command(), &self.folder).map_err(failed)?;
        Ok(0)
    }
}
