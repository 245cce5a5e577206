//! `windlass downgrade`

use std::io::IsTerminal;

use clap::Args;
use windlass::compiler::format::RevisionId;
use windlass::{Direction, Downgrade as Request, Outcome};

use super::{Done, Global, WaitArgs, print_json, upgrade};
use crate::context::{self, Context};
use crate::failure::{Failure, REFUSED};

/// Reverts applied revisions by their down scripts
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass downgrade -1         reverts the last revision
  windlass downgrade 0036       reverts all that 0036_… does not stand on, other branches too
  windlass downgrade base       reverts everything")]
pub(crate) struct Downgrade {
    /// What stays applied: an id or its beginning, a label, -N, or base
    #[arg(allow_hyphen_values = true)]
    target: String,
    #[command(flatten)]
    wait: WaitArgs,
    /// Rows, columns and tables may go away; else it asks, or refuses where nobody can be asked
    #[arg(long)]
    allow_data_loss: bool,
    /// Writes the result to standard output as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    script: upgrade::ScriptArgs,
}

impl Downgrade {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let script = &self.script;
        if script.write(&context, Direction::Down, &self.target).await? {
            return Ok(0);
        }
        let done = self.downgrade(&context).await;
        context.ui.clear();
        if self.json {
            print_json(&upgrade::result(&done));
        }
        upgrade::say(&context, &done?);
        Ok(0)
    }

    async fn downgrade(&self, context: &Context) -> Result<Outcome, Failure> {
        let runner = context.runner()?;
        let target = context::target(&self.target);
        let mut agreed = None;
        let allow_data_loss = if self.allow_data_loss || std::io::stdin().is_terminal() {
            let (revisions, losses) = runner.downgrade_losses(&target).await?;
            show(context, &revisions, &losses);
            if !self.allow_data_loss && !losses.is_empty() && !context.ui.agreed("go on?")? {
                return Err(Failure::Other {
                    message: "not reverted, as answered; nothing was changed".to_owned(),
                    hints: Vec::new(),
                    code: REFUSED,
                });
            }
            agreed = Some(revisions);
            true
        } else {
            // The engine refuses, with the same numbers and the flag to give.
            false
        };
        let request = Request {
            target,
            target_text: self.target.clone(),
            wait: self.wait.wait(context),
            allow_data_loss,
            agreed,
        };
        let stop = context::stop_on_signals();
        Ok(runner.downgrade(&request, &context.ui, &stop).await?)
    }
}

/// What goes away, before it does.
fn show(context: &Context, revisions: &[RevisionId], losses: &[String]) {
    if losses.is_empty() {
        return;
    }
    let names: Vec<_> = revisions.iter().map(RevisionId::as_str).collect();
    context
        .ui
        .warning(&format!("reverting {} loses data:", names.join(", ")), None);
    for loss in losses {
        context.ui.say(&format!("  {loss}"));
    }
}
