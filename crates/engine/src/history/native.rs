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

    fn is_the_journal(&self) -> bool {
        true
    }

    fn record(&self, change: &Change<'_>) -> Vec<Write> {
        match change.direction {
            Direction::Up => {
                vec![journal::finish_revision(
                    change.revision,
                    change.run_id,
                    change.checksum,
                )]
            }
            Direction::Down => vec![
                journal::remove_revision(change.revision),
                journal::record(
                    change.revision,
                    Some(change.run_id),
                    "reverted",
                    Some(change.checksum),
                    None,
                ),
            ],
        }
    }
}
