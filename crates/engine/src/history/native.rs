//! The journal as history: state of the revision, and a line that is never removed.

use super::{Change, History};
use crate::event::Direction;
use crate::journal::{self, Write};

/// Windlass's own history.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Native;

impl History for Native {
    fn lock_key(&self) -> Option<i64> {
        None
    }

    fn record(&self, change: &Change<'_>) -> Vec<Write> {
        let (state, action) = match change.direction {
            Direction::Up => (journal::finish_revision(change.revision), "applied"),
            Direction::Down => (journal::remove_revision(change.revision), "reverted"),
        };
        let line = journal::record(
            change.revision,
            Some(change.run_id),
            action,
            Some(change.checksum),
            None,
        );
        vec![state, line]
    }
}
