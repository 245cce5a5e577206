//! Where a tool records what is applied. Ours is the journal; an adopted project keeps its own
//! table too, written in the same transaction.

use std::fmt::Debug;

use windlass_compiler::format::RevisionId;

use crate::event::Direction;
use crate::journal::Write;

mod native;

pub(crate) use native::Native;

/// What became of a revision, to be recorded in the transaction that did it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change<'a> {
    /// The revision.
    pub(crate) revision: &'a RevisionId,
    /// Applied (up) or reverted (down).
    pub(crate) direction: Direction,
    /// Checksum of its up script.
    pub(crate) checksum: &'a str,
    /// The run that did it.
    pub(crate) run_id: &'a str,
}

/// A record of applied revisions. It says what to write rather than writing, so that its rows
/// travel with the last statement and COMMIT of the step that they belong to.
pub(crate) trait History: Debug + Send + Sync {
    /// Key of the advisory lock that the tool itself takes, to be taken beside ours.
    fn lock_key(&self) -> Option<i64>;

    /// Whether it is our journal alone, so that a revision of one step can be written in one go.
    fn is_the_journal(&self) -> bool {
        false
    }

    /// What to write when a revision is applied or reverted.
    fn record(&self, change: &Change<'_>) -> Vec<Write>;
}
