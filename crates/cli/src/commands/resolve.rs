//! `windlass resolve`

use clap::{Args, ValueEnum};
use windlass::Resolution;

use super::{Done, Global, WaitArgs};
use crate::context::{self, Context};
use crate::failure::Failure;

/// Decides what the runner cannot: the outcome of a step, or an edit of an applied revision
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass resolve 0040_rebuild --step 2 done      it happened
  windlass resolve 0040_rebuild --step 2 retry     it did not; try it again
  windlass resolve 0040_rebuild --step 2 abandon   it is not wanted any more
  windlass resolve 0012_faqs --accept-edit         the database is as the file says now")]
pub(crate) struct Resolve {
    /// An id or its beginning, or a label
    revision: String,
    /// The step's number, as `windlass status` shows it
    #[arg(long, value_name = "N", requires = "decision")]
    step: Option<u32>,
    /// What is true of the step
    #[arg(value_enum, requires = "step")]
    decision: Option<Decision>,
    /// Takes the edited file as what is applied
    #[arg(long, conflicts_with = "step")]
    accept_edit: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

/// What is true of a step.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Decision {
    /// It happened.
    Done,
    /// It did not happen; try it again.
    Retry,
    /// It is not wanted any more; go on behind it.
    Abandon,
}

impl Resolve {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let runner = context.runner()?;
        let revision = runner
            .graph()
            .named(&self.revision)
            .map_err(|problem| Failure::Input(vec![problem]))?;
        let resolution = match (self.step, self.decision, self.accept_edit) {
            (_, _, true) => Resolution::AcceptEdit { revision },
            (Some(step), Some(Decision::Done), _) => Resolution::Done { revision, step },
            (Some(step), Some(Decision::Retry), _) => Resolution::Retry { revision, step },
            (Some(step), Some(Decision::Abandon), _) => Resolution::Abandon { revision, step },
            _ => {
                return Err(Failure::usage(
                    "nothing to decide was named",
                    "give --step N done|retry|abandon, or --accept-edit",
                ));
            }
        };
        let stop = context::stop_on_signals();
        let said = runner
            .resolve(&resolution, self.wait.wait(&context), &context.ui, &stop)
            .await?;
        context.ui.clear();
        anstream::println!("{said}");
        Ok(0)
    }
}
