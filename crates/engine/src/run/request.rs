//! What a caller asks of a run, and what a run answers.

use std::time::Duration;

use windlass_compiler::format::RevisionId;
use windlass_compiler::graph::Target;
use windlass_compiler::lane::Lane;
use windlass_compiler::plan::SavedPlan;

use crate::blockers::Blocker;
use crate::event::{Direction, StepName};
use crate::guard::Lost;
use crate::mutex::Wait;

/// An upgrade.
#[derive(Debug, Clone)]
pub struct Upgrade {
    /// Where to.
    pub target: Target,
    /// The same as it was typed, for the journal.
    pub target_text: String,
    /// How long to wait for another runner.
    pub wait: Wait,
    /// Refuse a database that is ahead of the files.
    pub strict: bool,
    /// Revisions that may run although they came late.
    pub allow_late: Vec<RevisionId>,
    /// Applied revisions whose edits are known.
    pub accept_edits: Vec<RevisionId>,
    /// Wait for the backfills that a revision requires, instead of refusing it.
    pub wait_for_backfills: bool,
    /// Count the protected tables before and after, for applications that are stopped meanwhile.
    pub exact_counts: bool,
    /// Execute exactly this plan, which says the target as well, and refuse whatever is not as it was.
    pub plan: Option<SavedPlan>,
}

impl Upgrade {
    /// To the head, waiting as long as it takes.
    pub fn to_head() -> Self {
        Self {
            target: Target::Head,
            target_text: "head".to_owned(),
            wait: Wait::Forever,
            strict: false,
            allow_late: Vec::new(),
            accept_edits: Vec::new(),
            wait_for_backfills: false,
            exact_counts: false,
            plan: None,
        }
    }

    /// To every head, waiting as long as it takes.
    pub fn to_heads() -> Self {
        Self {
            target: Target::Heads,
            target_text: "heads".to_owned(),
            ..Self::to_head()
        }
    }
}

/// A downgrade.
#[derive(Debug, Clone)]
pub struct Downgrade {
    /// What stays applied.
    pub target: Target,
    /// The same as it was typed, for the journal.
    pub target_text: String,
    /// How long to wait for another runner.
    pub wait: Wait,
    /// Rows, columns or objects may go away.
    pub allow_data_loss: bool,
    /// What somebody agreed to have reverted, if anybody was asked: nothing else is.
    pub agreed: Option<Vec<RevisionId>>,
}

/// A decision about something that the runner cannot decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// The step happened.
    Done {
        /// Its revision.
        revision: RevisionId,
        /// Its number.
        step: u32,
    },
    /// The step did not happen: try it again.
    Retry {
        /// Its revision.
        revision: RevisionId,
        /// Its number.
        step: u32,
    },
    /// The step is not wanted any more: go on behind it.
    Abandon {
        /// Its revision.
        revision: RevisionId,
        /// Its number.
        step: u32,
    },
    /// The applied revision's file was edited, and the database is as the file says now.
    AcceptEdit {
        /// The revision.
        revision: RevisionId,
    },
}

/// What a run did.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Up or down.
    pub direction: Direction,
    /// The revisions that were finished, in order.
    pub revisions: Vec<RevisionId>,
    /// Their steps.
    pub steps: Vec<StepReport>,
    /// Attempts beyond the first of each step.
    pub retries: u32,
    /// The longest that an application's query was seen to wait for the run; none where nobody looked.
    pub longest_stall: Option<Duration>,
    /// Between two looks: a wait may have been longer by this much.
    pub watch_interval: Option<Duration>,
    /// What went away, as the journal has it.
    pub losses: Vec<Lost>,
    /// How long all of it took.
    pub took: Duration,
}

/// What became of one step.
#[derive(Debug, Clone)]
pub struct StepReport {
    /// Its name.
    pub name: StepName,
    /// Its lane.
    pub lane: Lane,
    /// Attempts in this run.
    pub attempts: u32,
    /// From its first attempt on.
    pub took: Duration,
    /// The longest that an application's query was seen to wait for it.
    pub longest_stall: Duration,
    /// The sessions that were in its way, the first of them.
    pub blockers: Vec<Blocker>,
    /// Why a best-effort step was skipped.
    pub warning: Option<String>,
}

impl Outcome {
    pub(super) fn nothing(took: Duration) -> Self {
        Self {
            direction: Direction::Up,
            revisions: Vec::new(),
            steps: Vec::new(),
            retries: 0,
            longest_stall: None,
            watch_interval: None,
            losses: Vec::new(),
            took,
        }
    }

    /// Whether there was nothing to do.
    pub fn is_nothing(&self) -> bool {
        self.revisions.is_empty() && self.steps.is_empty()
    }
}

/// What a run has done so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) revisions: Vec<RevisionId>,
    pub(super) steps: Vec<StepReport>,
    pub(super) retries: u32,
    /// The longest stall of steps that were not finished.
    pub(super) unfinished_stall: Duration,
    pub(super) watch_interval: Option<Duration>,
}

impl Report {
    /// The longest stall that any step caused.
    pub(super) fn longest_stall(&self) -> Duration {
        let finished = self.steps.iter().map(|step| step.longest_stall);
        finished.fold(self.unfinished_stall, Duration::max)
    }

    pub(super) fn outcome(&self, direction: Direction, losses: Vec<Lost>, took: Duration) -> Outcome {
        Outcome {
            direction,
            revisions: self.revisions.clone(),
            steps: self.steps.clone(),
            retries: self.retries,
            longest_stall: Some(self.longest_stall()),
            watch_interval: self.watch_interval,
            losses,
            took,
        }
    }

    /// What is done, a sentence each, for an error.
    pub(super) fn done(&self) -> Vec<String> {
        let mut done: Vec<String> = Vec::new();
        if !self.revisions.is_empty() {
            done.push(format!("finished: {}", super::list(&self.revisions)));
        }
        let open: Vec<&StepReport> = self
            .steps
            .iter()
            .filter(|step| !self.revisions.contains(&step.name.revision))
            .collect();
        if let Some(last) = open.last() {
            done.push(format!(
                "{}: step {} of {} is done, nothing to undo",
                last.name.revision, last.name.number, last.name.of
            ));
        }
        done
    }
}
