//! The only code that touches the tables in schema `windlass`: what is applied, what was begun,
//! what is left to do. Deciding what follows from it is `run`'s job.
//!
//! Writes are values ([`Write`]) rather than calls, so that a step can send its last statement,
//! its journal rows and COMMIT in one go and hold its locks no longer than the server needs.

pub(crate) mod backfills;
mod losses;
mod read;
mod report;
mod schema;
mod write;

pub use backfills::{BackfillStatus, RowError, TenantStatus, WorkerStatus};
pub(crate) use losses::{builds_on, losses};
pub(crate) use read::{BRIEF, Brief, begun_by, is_absent, is_step_done, plan_of, read, read_running};
pub use read::{RevisionRow, RevisionState, Running, Snapshot, StepRow, StepState};
pub(crate) use report::report;
pub use report::{PastRun, PastStep};
pub(crate) use schema::{VERSION, upgrade, upgrading};
pub(crate) use write::{
    FENCED, Fence, FrozenRevision, Prepared, StepEnd, Write, accept, apply_revision, apply_revisions, beat,
    begin_run, claim, end_run, error_as_json, fence, finish_revision, forget_backfills, forget_steps,
    intend_step, intend_step_here, note_building, note_contention, note_loss, note_step_error, progress,
    record, remove_revision, resolve_step, revert_steps, save_session, stamp_revision, start_revision,
    step_done, take_back_steps,
};
