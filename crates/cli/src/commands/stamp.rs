//! `windlass stamp`

use clap::Args;

use super::{Done, Global, WaitArgs};
use crate::context::{self, Context};

/// Marks revisions as applied, up to a target and no further, without running anything
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass stamp head     the database already is as the files say
  windlass stamp base     forgets everything")]
pub(crate) struct Stamp {
    /// head, heads, an id or its beginning, a label, or base
    target: String,
    #[command(flatten)]
    wait: WaitArgs,
}

impl Stamp {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let stop = context::stop_on_signals();
        let changed = context
            .runner()?
            .stamp(
                &context::target(&self.target),
                self.wait.wait(&context),
                &context.ui,
                &stop,
            )
            .await?;
        context.ui.clear();
        if changed.is_empty() {
            context.ui.say("the journal says so already");
        }
        for id in changed {
            anstream::println!("{id}");
        }
        Ok(0)
    }
}
