//! `windlass worker`

use clap::Args;

use super::backfill::WorkArgs;
use super::{Done, Global};
use crate::context::{self, Context};

/// Does deferred backfills as they come, beside any number of other workers
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass worker                   a service: works and waits until it is told to stop
  windlass worker --once            does what there is, then ends: for cron
  windlass worker --workers 2       two sessions at once

It needs the database and no migrations. Workers on several machines share a backfill's ranges; the range of one
that dies is taken over when its session has ended, at the latest after 30 s. SIGTERM lets the batch under way
finish, and ends with 0. What fails is in `windlass backfill list`, and is not tried again before somebody resumes it.")]
pub(crate) struct Worker {
    #[command(flatten)]
    work: WorkArgs,
    /// Ends when nothing is left to do
    #[arg(long)]
    once: bool,
}

impl Worker {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let backfills = context.backfills()?;
        let stop = context::stop_on_signals();
        if !self.once {
            context.ui.say("worker: waiting for deferred backfills");
        }
        let worked = backfills
            .work(&self.work.request(self.once), &context.ui, &stop)
            .await;
        context.ui.clear();
        worked?;
        Ok(0)
    }
}
