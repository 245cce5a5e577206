//! The plan: the ordered steps of a revision, as data.
//!
//! [`prepare`] reads a script and works out what each statement does, [`steps`] groups the
//! statements into transactions, [`Forecaster`] says what that will do to a database, [`FrozenPlan`] is what the
//! journal keeps of a started revision and [`resume`] matches that with the file when the revision is taken up again.

mod batched;
mod build;
mod crossing;
mod cut;
mod forecast;
mod own;
mod resume;
mod saved;
mod scrutiny;
mod step;
mod text;
mod wire;

pub use build::{Prepared, PreparedStatement, prepare, prepare_under, steps};
pub use forecast::{Doing, Forecast, Forecaster, ForeseenLock, Pace, Work};
pub use resume::{Edit, Resumption, edit, resume};
pub use saved::{Difference, SavedPlan, SavedRevision, SavedRow};
pub use scrutiny::Scrutiny;
pub use step::{
    Assertion, Batches, Cut, Deferred, Overrides, PlannedStatement, Probe, Rewrite, Shape, StatementHash,
    Step,
};
pub use text::StatementText;
pub use wire::{Freezing, FrozenPlan, FrozenStatement, FrozenStep, ProtectedTable};
