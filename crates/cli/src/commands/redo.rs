//! `windlass redo`

use clap::Args;
use windlass::compiler::format::RevisionId;
use windlass::compiler::graph::Target;
use windlass::{Direction, Downgrade, RevisionRow, Runner, Snapshot, Upgrade, Wait};

use super::{Done, Global, upgrade};
use crate::context::{self, Context};
use crate::failure::Failure;

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
        let last = match left(&runner, &journal).await? {
            Some(left) => {
                context.ui.say(&format!(
                    "{left} was reverted by a redo that did not come to its end; it is applied now"
                ));
                left
            }
            None => {
                let Some(last) = journal.revertible().pop() else {
                    context.ui.say("nothing is applied, so there is nothing to redo");
                    return Ok(0);
                };
                let down = Downgrade {
                    target: Target::Relative(-1),
                    target_text: format!("{MARK}{last}"),
                    wait: Wait::Forever,
                    allow_data_loss: self.allow_data_loss,
                    agreed: None,
                };
                upgrade::say(&context, &runner.downgrade(&down, &context.ui, &stop).await?);
                last
            }
        };
        let up = Upgrade {
            target: Target::Named(last.as_str().to_owned()),
            target_text: format!("{MARK}{last}"),
            ..Upgrade::to_head()
        };
        let outcome = runner.upgrade(&up, &context.ui, &stop).await?;
        context.ui.clear();
        upgrade::say(&context, &outcome);
        Ok(0)
    }
}

/// How the journal tells the two runs of a redo from others.
const MARK: &str = "redo ";

/// The revision that the last run, a redo, reverted and did not apply again: to revert the one before it as well is not
/// what anybody means who repeats a command that failed.
async fn left(runner: &Runner, journal: &Snapshot) -> Result<Option<RevisionId>, Failure> {
    let runs = runner.report(1).await?;
    let Some(id) = runs.first().and_then(|run| run.target.strip_prefix(MARK)) else {
        return Ok(None);
    };
    let is_there = |row: &RevisionRow| row.id.as_str() == id;
    let stands = journal.revisions.iter().filter(|row| is_there(row));
    let mut stands = stands.filter(|row| row.state.is_applied() || row.direction == Direction::Down);
    Ok(match stands.next() {
        Some(_) => None,
        None => RevisionId::parse(id).ok(),
    })
}
