//! `windlass completions`

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Done};

/// Writes a shell's completion script to standard output
#[derive(Debug, Args)]
#[command(after_help = "Example:
  windlass completions bash > /etc/bash_completion.d/windlass")]
pub(crate) struct Completions {
    /// bash, zsh, fish, elvish or powershell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self) -> Done {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "windlass", &mut script);
        anstream::print!("{}", String::from_utf8_lossy(&script));
        Ok(0)
    }
}
