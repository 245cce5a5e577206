//! `windlass downgrade`

use std::io::{BufRead, IsTerminal};

use clap::Args;
use windlass::compiler::format::RevisionId;
use windlass::{Direction, Downgrade as Request, Outcome};

use super::{Done, Global, WaitArgs, print_json, upgrade};
use crate::context::{self, Context};
use crate::failure::Failure;

/// Reverts applied revisions by their down scripts
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass downgrade -1         reverts the last revision
  windlass downgrade 0036       reverts all that stand on 0036_…
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
        let (revisions, losses) = runner.downgrade_losses(&target).await?;
        let allow_data_loss =
            self.allow_data_loss || (!losses.is_empty() && agreed(context, &revisions, &losses)?);
        let request = Request {
            target,
            target_text: self.target.clone(),
            wait: self.wait.wait(context),
            allow_data_loss,
        };
        let stop = context::stop_on_signals();
        Ok(runner.downgrade(&request, &context.ui, &stop).await?)
    }
}

/// Asks on a terminal; elsewhere the engine refuses with the flag to give.
fn agreed(context: &Context, revisions: &[RevisionId], losses: &[String]) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    let names: Vec<_> = revisions.iter().map(RevisionId::as_str).collect();
    context
        .ui
        .warning(&format!("reverting {} loses data:", names.join(", ")), None);
    for loss in losses {
        context.ui.say(&format!("  {loss}"));
    }
    context.ui.say("go on? [y/N]");
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| Failure::other(format!("failed to read the answer: {error}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
