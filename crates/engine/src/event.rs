//! Everything worth seeing while the engine works. Only the command line prints.

use std::time::Duration;

use windlass_compiler::diagnostic::Diagnostic;
use windlass_compiler::format::RevisionId;
use windlass_compiler::lane::Lane;

use crate::blockers::Blocker;

/// Which of a revision's scripts is executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Its up script.
    Up,
    /// Its down script.
    Down,
}

impl Direction {
    /// The direction's name in the journal and in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// What happened. Times are measured on the runner's monotonic clock.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A connection stands.
    Connected {
        /// `postgresql://user@host:port/database`, never a password.
        database: String,
        /// As in `server_version_num`, 150018 for 15.18.
        server_version: u32,
    },
    /// Another runner holds the lock; sent again while the wait goes on.
    WaitingForRunner {
        /// Whoever holds it, as far as this role may see.
        holder: Option<Blocker>,
        /// How long so far.
        waited: Duration,
    },
    /// This runner now leads.
    Leading {
        /// Grows by one with each leader of this database.
        epoch: i64,
    },
    /// The journal's own tables were created or brought up to date.
    JournalUpgraded {
        /// Version before; none when they were created.
        from: Option<i32>,
        /// Version now.
        to: i32,
    },
    /// A backend of an earlier, killed runner is still at work.
    WaitingForOrphan {
        /// That backend.
        orphan: Blocker,
        /// How long so far.
        waited: Duration,
    },
    /// The backend of an earlier runner was ended.
    OrphanEnded {
        /// Its process id.
        pid: i32,
    },
    /// The database has neither relations nor revisions: it is made from the baseline.
    CreatingFromBaseline {
        /// A file's name, or a command.
        baseline: String,
        /// How many revisions it contains.
        revisions: usize,
    },
    /// Sessions of others are still there, although services should be stopped.
    StillConnected {
        /// They, the oldest transaction first.
        sessions: Vec<Blocker>,
    },
    /// What the run is going to do.
    RunStarted {
        /// Up or down.
        direction: Direction,
        /// The revisions, in order.
        revisions: Vec<RevisionId>,
    },
    /// A revision begins or is taken up again.
    RevisionStarted {
        /// The revision.
        revision: RevisionId,
        /// Steps of its plan.
        steps: u32,
        /// Steps that an earlier run did.
        done: u32,
    },
    /// The undone rest of a started revision was edited and has been planned again.
    Replanned {
        /// The revision.
        revision: RevisionId,
    },
    /// A step is tried for the first time in this run.
    StepStarted {
        /// Where and what.
        step: StepName,
    },
    /// The server sent a notice, warning or info message while a step ran.
    Notice {
        /// Where and what.
        step: StepName,
        /// NOTICE, WARNING, INFO, LOG or DEBUG.
        severity: String,
        /// The server's words.
        message: String,
    },
    /// Sessions hold what the step wants, and have for longer than the application may wait: the lock is not
    /// queued for until they are gone. Sent again when they change and while it lasts.
    WaitingForHolders {
        /// Where and what.
        step: StepName,
        /// Those sessions.
        blockers: Vec<Blocker>,
        /// Since the step's first attempt.
        waited: Duration,
    },
    /// A session in the way was ended, as the settings under `blockers` say.
    BlockerEnded {
        /// Where and what.
        step: StepName,
        /// That session.
        blocker: Blocker,
        /// Its session was terminated; otherwise its query was cancelled.
        terminated: bool,
    },
    /// Somebody's DDL waits for what the step does, and is let wait: no application query needs what it wants.
    MakesWait {
        /// Where and what.
        step: StepName,
        /// The session that waits.
        waiter: Blocker,
        /// How long by now.
        waited: Duration,
    },
    /// The watchdog ended what the step did, because it and these sessions waited for each other: PostgreSQL
    /// would have failed one of them.
    DeadlockBroken {
        /// Where and what.
        step: StepName,
        /// Those sessions; they go on.
        others: Vec<Blocker>,
    },
    /// The watchdog ended what the step did, because application queries had waited for it.
    Yielded {
        /// Where and what.
        step: StepName,
        /// The sessions that waited; none when the watchdog could not see whether any did.
        waiters: Vec<Blocker>,
        /// The longest that any of them had waited.
        stalled: Duration,
    },
    /// An attempt failed and another follows.
    Retrying {
        /// Where and what.
        step: StepName,
        /// The attempt that failed, from 1.
        attempt: u32,
        /// Why.
        reason: String,
        /// Sessions that were in the way.
        blockers: Vec<Blocker>,
        /// Pause before the next attempt.
        after: Duration,
    },
    /// What an interrupted concurrent statement left behind was cleaned up.
    Repaired {
        /// Where and what.
        step: StepName,
        /// What was found and done, a sentence.
        what: String,
    },
    /// A data change in batches begins or is taken up again.
    BackfillStarted {
        /// Where and what.
        step: StepName,
        /// The word for a tenant, and how many there are; none where it is not done by tenants.
        tenants: Option<(String, usize)>,
        /// Rows that an earlier run changed.
        rows: u64,
    },
    /// Batches were committed; sent every few batches.
    BackfillProgress {
        /// Where and what.
        step: StepName,
        /// Whose rows, such as `business 7`; empty where it is not done by tenants.
        whose: String,
        /// Rows changed so far (of the tenant, in this run).
        rows: u64,
        /// All rows of the tenant, or of the table, are done.
        done: bool,
    },
    /// How a data change in batches goes in all; sent every few seconds, and when something begins or ends to
    /// slow it down.
    BackfillPace {
        /// Where and what.
        step: StepName,
        /// Its name.
        name: String,
        /// Rows changed so far, by all runs and workers.
        rows: u64,
        /// Rows passed so far, changed or not.
        seen: u64,
        /// Rows of the table, as they were estimated when it began; 0 where nobody knows.
        total: u64,
        /// Which pass over the table this is, from 1.
        sweep: u32,
        /// Rows passed in a second, rests included.
        rows_per_second: f64,
        /// What is left at that rate.
        left: Option<Duration>,
        /// Rows of the next batch.
        batch: u64,
        /// Workers of this process.
        workers: u32,
        /// It holds until what slows it down is over.
        held: bool,
        /// What slows it down, a phrase each.
        reasons: Vec<String>,
    },
    /// Another pass over a table is done, for rows that came or moved during the ones before.
    BackfillSwept {
        /// Where and what.
        step: StepName,
        /// Which pass, from 2.
        sweep: u32,
        /// Rows that it changed.
        rows: u64,
    },
    /// A row of a data change in batches was passed over.
    BackfillRowFailed {
        /// Where and what.
        step: StepName,
        /// The table or partition.
        table: String,
        /// The row's key.
        key: String,
        /// The server's code.
        sqlstate: String,
        /// The server's words.
        message: String,
    },
    /// Somebody paused a data change in batches, or let it go on.
    BackfillPaused {
        /// Where and what.
        step: StepName,
        /// Its name.
        name: String,
        /// It is paused now.
        paused: bool,
    },
    /// A revision waits for a background job that it requires; sent again while the wait goes on.
    WaitingForBackfill {
        /// The revision.
        revision: RevisionId,
        /// The job.
        name: String,
        /// How long so far.
        waited: Duration,
    },
    /// A data change in batches was handed over to be done in the background.
    BackfillDeferred {
        /// Where and what.
        step: StepName,
        /// Its name.
        name: String,
    },
    /// After the last step: the database has what the run's revisions declare.
    Verified {
        /// The check.
        name: &'static str,
        /// What it says is true.
        text: String,
        /// How long the answer took.
        took: Duration,
    },
    /// A protected table was counted, before the run or after it.
    Counted {
        /// The table, with its schema.
        table: String,
        /// Its rows before the run.
        before: i64,
        /// Its rows after the run.
        after: Option<i64>,
    },
    /// A worker begins or ends a background job.
    BackfillJob {
        /// Its name.
        name: String,
        /// It is done and verified; otherwise it begins.
        done: bool,
        /// Rows changed in all.
        rows: u64,
    },
    /// How far a concurrent index build is; sent when its phase changes, when whom it waits for changes, and
    /// every few seconds.
    BuildProgress {
        /// Where and what.
        step: StepName,
        /// As in `pg_stat_progress_create_index.phase`.
        phase: String,
        /// Done of this phase.
        done: u64,
        /// Of so many; 0 where PostgreSQL does not count.
        total: u64,
        /// What is counted: `blocks`, `rows` or `sessions`.
        unit: &'static str,
        /// What is left of the phase at the rate so far.
        left: Option<Duration>,
        /// The session whose old snapshot it waits for.
        waiting_for: Option<Blocker>,
    },
    /// A step is done and recorded.
    StepDone {
        /// Where and what.
        step: StepName,
        /// From its first attempt in this run.
        took: Duration,
        /// Attempts in this run.
        attempts: u32,
    },
    /// A best-effort step was given up; the run goes on.
    StepSkipped {
        /// Where and what.
        step: StepName,
        /// Why.
        reason: String,
    },
    /// A revision is applied (or reverted, going down).
    RevisionDone {
        /// The revision.
        revision: RevisionId,
        /// Up or down.
        direction: Direction,
        /// Whole time in this run.
        took: Duration,
    },
    /// Something an operator should know that stops nothing.
    Warning {
        /// A sentence.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// The caller asked to stop; the running statement is being cancelled.
    Stopping,
}

impl Event {
    /// Something found in a file that stops nothing.
    pub(crate) fn warning(found: &Diagnostic) -> Self {
        Self::Warning {
            message: found.to_string(),
            hint: found.help.first().cloned(),
        }
    }
}

/// Names a step for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepName {
    /// Its revision.
    pub revision: RevisionId,
    /// Its number there, from 1.
    pub number: u32,
    /// The revision's number of steps.
    pub of: u32,
    /// Its lane.
    pub lane: Lane,
    /// The first statement, shortened to one line.
    pub title: String,
}

/// Whoever watches a run.
pub trait Observe: Send + Sync {
    /// Called for each event, in order. It must not block: locks may be held.
    fn event(&self, event: Event);
}

impl<F: Fn(Event) + Send + Sync> Observe for F {
    fn event(&self, event: Event) {
        self(event);
    }
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observe for Unobserved {
    fn event(&self, _: Event) {}
}
