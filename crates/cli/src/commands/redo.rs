//! `windlass redo`

use clap::Args;
use windlass::compiler::graph::Target;
use windlass::{Downgrade, Upgrade, Wait};

use super::{Done, Global, upgrade};
use crate::context::{self, Context};

/// Reverts the last revision and applies it again
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass redo --allow-data-loss     while a revision is being written")]
pub(crate) struct Redo {
    /// Rows, columns and tables may go away meanwhile
    #[arg(long)]
    allow_data_loss: bool,
}

impl Redo {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let runner = context.runner()?;
        let stop = context::stop_on_signals();
        let (journal, _) = runner.status().await?;
        let Some(last) = journal.revertible().pop() else {
            context.ui.say("nothing is applied, so there is nothing to redo");
            return Ok(0);
        };
        let down = Downgrade {
            target: Target::Relative(-1),
            target_text: "-1".to_owned(),
            wait: Wait::Forever,
            allow_data_loss: self.allow_data_loss,
            agreed: None,
        };
        upgrade::say(&context, &runner.downgrade(&down, &context.ui, &stop).await?);
        let up = Upgrade {
            target: Target::Named(last.as_str().to_owned()),
            target_text: last.as_str().to_owned(),
            ..Upgrade::to_head()
        };
        let outcome = runner.upgrade(&up, &context.ui, &stop).await?;
        context.ui.clear();
        upgrade::say(&context, &outcome);
        Ok(0)
    }
}
