//! Windlass as a library: takes a live PostgreSQL database from where it is to a target revision.
//!
//! It never prints, never reads the environment and never exits; everything worth seeing is an
//! [`Event`].

#![forbid(unsafe_code)]

mod advice;
pub mod backfill;
mod blockers;
pub mod connect;
pub mod database;
pub mod doctor;
mod error;
mod event;
mod guard;
mod history;
pub mod introspect;
mod journal;
mod look;
pub mod measure;
mod mutex;
mod reference;
pub mod restore;
mod run;
mod session;
pub mod shadow;
mod standing;
mod waits;

pub use blockers::Blocker;
pub use error::{Error, ErrorKind, Result};
pub use event::{Direction, Event, Observe, StepName, Unobserved};
pub use guard::{LossKind, Lost};
pub use journal::{
    BackfillStatus, PastRun, PastStep, RevisionRow, RevisionState, RowError, Running, Snapshot, StepRow,
    StepState, TenantStatus, WorkerStatus,
};
pub use look::{BackfillStanding, LastRun, Look};
pub use mutex::Wait;
pub use run::{
    Baseline, Basis, Beginning, BuiltIn, Downgrade, Offenders, Opening, Outcome, Plan, Resolution,
    RevisionPlan, Runner, Script, ScriptRequest, StepReport, Unsound, UnsoundKind, Upgrade, Verdict,
    Verification,
};
pub use session::{SessionSettings, Stop, Stopper};
pub use standing::{Standing, standing};
pub use windlass_compiler as compiler;
