//! Whether a database is ready for this code: a goal and what was seen in, a verdict out. Pure;
//! asking again is `commands/wait`'s.

use std::collections::{HashMap, HashSet};

use windlass::compiler::format::{Directory, RevisionId};
use windlass::compiler::graph::Graph;
use windlass::{BackfillStanding, RevisionRow, RevisionState, Snapshot, standing};

use crate::lockfile::{Head, LockFile};

/// What is waited for.
pub(crate) enum Goal {
    /// The database answers.
    Reachable,
    /// Every revision of the directory is applied.
    Files(Box<Directory>, Graph),
    /// The heads of `windlass.lock` are applied.
    Lock(LockFile),
    /// One revision is applied.
    Revision(String),
    /// A data change in batches is complete.
    Backfill(String),
}

/// What one look found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is so; perhaps with something to know.
    Ready(Option<String>),
    /// Not yet, and why.
    NotYet(String),
    /// Waiting will not help: database and code do not belong together.
    Never(String),
}

impl Goal {
    /// What is waited for, in words.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Reachable => "an answer of the database".to_owned(),
            Self::Files(_, graph) => match graph.heads().last() {
                Some(head) => format!("head ({head})"),
                None => "head".to_owned(),
            },
            Self::Lock(lock) => format!("windlass.lock ({})", lock.names()),
            Self::Revision(name) => format!("revision {name}"),
            Self::Backfill(name) => format!("backfill {name}"),
        }
    }

    /// Judges a journal; a backfill has [`judge_backfill`].
    pub(crate) fn judge(&self, journal: &Snapshot, strict: bool) -> Verdict {
        match self {
            Self::Reachable | Self::Backfill(_) => Verdict::Ready(None),
            Self::Files(directory, graph) => files(directory, graph, journal, strict),
            Self::Lock(lock) => heads(&lock.heads, journal, strict),
            Self::Revision(name) => revision(name, journal),
        }
    }
}

/// Judges a data change in batches.
pub(crate) fn judge_backfill(name: &str, found: BackfillStanding) -> Verdict {
    match found {
        BackfillStanding::Done => Verdict::Ready(None),
        BackfillStanding::UnderWay(rows) => Verdict::NotYet(format!("{rows} rows are done")),
        BackfillStanding::NotBegun => Verdict::NotYet(format!("the database knows no backfill {name}")),
    }
}

fn files(directory: &Directory, graph: &Graph, journal: &Snapshot, strict: bool) -> Verdict {
    let found = standing(directory, graph, journal);
    if !found.diverged.is_empty() {
        return Verdict::Never(format!(
            "the database has revisions that this directory does not know: {}",
            list(&found.diverged)
        ));
    }
    if !found.edited.is_empty() {
        return Verdict::Never(format!("edited after it was applied: {}", list(&found.edited)));
    }
    if let Some(id) = found.started.first() {
        return Verdict::NotYet(begun(id, journal));
    }
    if !found.pending.is_empty() {
        return Verdict::NotYet(format!("pending: {}", list(&found.pending)));
    }
    ahead(&found.ahead, strict)
}

/// The same judgement without files: what stands above and below the heads is in the journal.
fn heads(wanted: &[Head], journal: &Snapshot, strict: bool) -> Verdict {
    let rows: HashMap<&str, &RevisionRow> = journal
        .revisions
        .iter()
        .map(|row| (row.id.as_str(), row))
        .collect();
    let mut missing = Vec::new();
    let mut roots: Vec<&RevisionRow> = Vec::new();
    for head in wanted {
        match rows.get(head.id.as_str()) {
            Some(row) if !row.state.is_applied() => return Verdict::NotYet(begun(&row.id, journal)),
            Some(row) if row.checksum != head.checksum => {
                return Verdict::Never(format!(
                    "{} is applied with another content: {} there, {} in windlass.lock",
                    head.id, row.checksum, head.checksum
                ));
            }
            Some(row) => roots.push(row),
            // A squash of a later release stands for what it replaces.
            None => {
                match journal.revisions.iter().find(|row| {
                    row.state.is_applied() && row.replaces.iter().any(|id| id.as_str() == head.id)
                }) {
                    Some(row) => roots.push(row),
                    None => missing.push(head.id.clone()),
                }
            }
        }
    }
    if !missing.is_empty() {
        return Verdict::NotYet(format!("pending: {}", missing.join(", ")));
    }
    let below = ancestors(&roots, &rows);
    let (mut above, mut beside) = (Vec::new(), Vec::new());
    for row in &journal.revisions {
        if below.contains(row.id.as_str()) {
            continue;
        }
        let its = ancestors(&[row], &rows);
        let descends = roots.iter().any(|root| its.contains(root.id.as_str()));
        if descends { &mut above } else { &mut beside }.push(row.id.clone());
    }
    if !beside.is_empty() {
        return Verdict::Never(format!(
            "the database has revisions beside those of windlass.lock: {}",
            list(&beside)
        ));
    }
    ahead(&above, strict)
}

fn ancestors<'a>(from: &[&'a RevisionRow], rows: &HashMap<&str, &'a RevisionRow>) -> HashSet<&'a str> {
    let mut seen: HashSet<&str> = HashSet::new();
    let mut open: Vec<&RevisionRow> = from.to_vec();
    while let Some(row) = open.pop() {
        if seen.insert(row.id.as_str()) {
            open.extend(row.parents.iter().filter_map(|id| rows.get(id.as_str()).copied()));
        }
    }
    seen
}

fn revision(name: &str, journal: &Snapshot) -> Verdict {
    let fits: Vec<&RevisionRow> = match journal.revisions.iter().find(|row| row.id.as_str() == name) {
        Some(row) => vec![row],
        None => journal
            .revisions
            .iter()
            .filter(|row| row.id.as_str().starts_with(name) || row.labels.iter().any(|label| label == name))
            .collect(),
    };
    match fits.as_slice() {
        [] => {
            let replaced = journal
                .revisions
                .iter()
                .any(|row| row.state.is_applied() && row.replaces.iter().any(|id| id.as_str() == name));
            if replaced {
                Verdict::Ready(None)
            } else {
                Verdict::NotYet(format!("the database has no revision {name}"))
            }
        }
        [row] if row.state.is_applied() => Verdict::Ready(None),
        [row] => Verdict::NotYet(begun(&row.id, journal)),
        several => Verdict::Never(format!(
            "`{name}` begins several revisions: {}",
            list(&several.iter().map(|row| row.id.clone()).collect::<Vec<_>>())
        )),
    }
}

fn begun(id: &RevisionId, journal: &Snapshot) -> String {
    let is_unknown = journal
        .revisions
        .iter()
        .any(|row| row.id == *id && row.state == RevisionState::Unknown);
    if is_unknown {
        format!("the outcome of a step of {id} is unknown; `windlass status` says how to decide")
    } else {
        format!("{id} is begun and not finished")
    }
}

fn ahead(ids: &[RevisionId], strict: bool) -> Verdict {
    if ids.is_empty() {
        return Verdict::Ready(None);
    }
    let words = format!("the database is ahead: it has {}", list(ids));
    if strict {
        Verdict::Never(words)
    } else {
        Verdict::Ready(Some(words))
    }
}

fn list(ids: &[RevisionId]) -> String {
    const MOST: usize = 3;
    let names: Vec<_> = ids.iter().take(MOST).map(RevisionId::as_str).collect();
    match ids.len() - names.len() {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}
