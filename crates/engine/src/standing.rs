//! Where a database stands in relation to a directory of revisions. Pure: journal and graph in,
//! a judgement out.

use std::collections::{HashMap, HashSet};

use windlass_compiler::format::{Directory, Revision, RevisionId};
use windlass_compiler::graph::Graph;

use crate::journal::{RevisionRow, Snapshot};

/// Where a database stands.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// Applied, in order of application; those that the directory does not hold included.
    pub applied: Vec<RevisionId>,
    /// Not begun, parents first.
    pub pending: Vec<RevisionId>,
    /// Begun and not finished, in either direction.
    pub started: Vec<RevisionId>,
    /// In the database only, and descending from all that the directory holds: an older image was
    /// deployed over a newer database.
    pub ahead: Vec<RevisionId>,
    /// In the database only, and not descending from the directory's head.
    pub diverged: Vec<RevisionId>,
    /// Applied, and the file is no longer what was applied.
    pub edited: Vec<RevisionId>,
    /// Pending, although something behind them in order is applied: each with the last such.
    pub late: Vec<(RevisionId, RevisionId)>,
    /// Squashes of which a part is applied and the rest is no longer there: each with what is missing.
    pub torn: Vec<(RevisionId, Vec<RevisionId>)>,
}

impl Standing {
    /// Whether nothing is left to apply.
    pub fn is_at_head(&self) -> bool {
        self.pending.is_empty() && self.started.is_empty()
    }
}

/// Compares a directory with a journal.
pub fn standing(directory: &Directory, graph: &Graph, journal: &Snapshot) -> Standing {
    let rows: HashMap<&RevisionId, &RevisionRow> =
        journal.revisions.iter().map(|row| (&row.id, row)).collect();
    let files: HashMap<&RevisionId, &Revision> = directory
        .revisions
        .iter()
        .map(|revision| (&revision.id, revision))
        .collect();
    let applied: Vec<RevisionId> = journal
        .revisions
        .iter()
        .filter(|row| row.state.is_applied())
        .map(|row| row.id.clone())
        .collect();
    let started: Vec<RevisionId> = journal
        .revisions
        .iter()
        .filter(|row| !row.state.is_applied())
        .map(|row| row.id.clone())
        .collect();

    // A squash counts as applied when all that it replaces is, and the other way round. Where nothing
    // of it has begun it runs instead of what it replaces; where a part is applied the rest runs.
    let done: HashSet<&RevisionId> = applied.iter().collect();
    let replaced: HashSet<&RevisionId> = journal
        .revisions
        .iter()
        .filter(|row| row.state.is_applied())
        .flat_map(|row| &row.replaces)
        .collect();
    let (mut passed, mut torn) = (HashSet::new(), Vec::new());
    for squash in &directory.revisions {
        let replaces = &squash.header.replaces;
        if replaces.is_empty() || rows.contains_key(&squash.id) {
            continue;
        }
        if !replaces.iter().any(|id| rows.contains_key(id)) {
            passed.extend(replaces);
            continue;
        }
        passed.insert(&squash.id);
        let is_gone = |id: &&RevisionId| !done.contains(*id) && !files.contains_key(*id);
        let gone: Vec<RevisionId> = replaces.iter().filter(is_gone).cloned().collect();
        if !gone.is_empty() {
            torn.push((squash.id.clone(), gone));
        }
    }
    let pending: Vec<RevisionId> = graph
        .order()
        .filter(|id| !rows.contains_key(id) && !replaced.contains(id) && !passed.contains(id))
        .cloned()
        .collect();

    let replaced_here: HashSet<&RevisionId> = directory
        .revisions
        .iter()
        .flat_map(|revision| &revision.header.replaces)
        .collect();
    let unknown: Vec<&RevisionRow> = journal
        .revisions
        .iter()
        .filter(|row| !files.contains_key(&row.id) && !replaced_here.contains(&row.id))
        .collect();
    let behind_head = pending.is_empty() && unknown.iter().all(|row| descends(row, &rows, &files));
    let (ahead, diverged) = if behind_head {
        (unknown.iter().map(|row| row.id.clone()).collect(), Vec::new())
    } else {
        (Vec::new(), unknown.iter().map(|row| row.id.clone()).collect())
    };

    let edited = journal
        .revisions
        .iter()
        .filter(|row| row.state.is_applied())
        .filter(|row| {
            files
                .get(&row.id)
                .is_some_and(|file| file.checksum.as_str() != row.checksum)
        })
        .map(|row| row.id.clone())
        .collect();
    let late = graph
        .late(&applied)
        .into_iter()
        .filter(|(id, _)| pending.contains(id))
        .collect();
    Standing {
        applied,
        pending,
        started,
        ahead,
        diverged,
        edited,
        late,
        torn,
    }
}

/// Whether each way up from an unknown revision leads, through the database's revisions, to one
/// that the directory holds. One without parents starts a history of its own.
fn descends(
    row: &RevisionRow,
    rows: &HashMap<&RevisionId, &RevisionRow>,
    files: &HashMap<&RevisionId, &Revision>,
) -> bool {
    let mut open: Vec<&RevisionId> = row.parents.iter().collect();
    if open.is_empty() {
        return false;
    }
    let mut seen = HashSet::new();
    while let Some(id) = open.pop() {
        if files.contains_key(id) || !seen.insert(id) {
            continue;
        }
        match rows.get(id) {
            Some(row) if !row.parents.is_empty() => open.extend(&row.parents),
            _ => return false,
        }
    }
    true
}
