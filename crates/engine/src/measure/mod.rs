//! What a statement did to a database: the locks that it holds, which files are new, which rows were read, what is gone.
//! Compared with what the table of effects claims by whoever wants to know: `explain --run`, and the tests of that table.
//!
//! Left out are locks on system catalogs, on TOAST tables and row types.

mod claim;
mod trial;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use tokio_postgres::{Client, Error, SimpleQueryMessage};
use windlass_compiler::effect::LockMode;

pub use claim::{Claim, Difference, Lists, compare, in_public};
pub use trial::{Trial, Tried};

/// The strongest lock of each relation.
pub type Locks = BTreeMap<String, LockMode>;

/// Relations by their oids.
pub type Relations = BTreeMap<u32, Relation>;

/// What an action of a session gives.
type Result<T> = std::result::Result<T, Error>;

/// A relation of the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// Its name, with its schema where that is not `public`.
    pub name: String,
    kind: String,
    file: String,
    columns: BTreeSet<String>,
    scans: u64,
    blocks: u64,
    rows: u64,
    qualified: String,
    /// Of an index, its table.
    table: u32,
}

/// What a statement did.
#[derive(Debug, Clone, Default)]
pub struct Happened {
    /// It was refused in a transaction.
    pub refused: bool,
    /// Its locks on what was there before.
    pub locks: Locks,
    /// Tables and materialised views with new files.
    pub rewritten: BTreeSet<String>,
    /// Indexes with new files.
    pub rebuilt: BTreeSet<String>,
    /// Tables that were read from end to end.
    pub scanned: BTreeSet<String>,
    /// What went away.
    pub lost: Option<String>,
    /// Indexes, and their tables.
    indexes: BTreeMap<String, String>,
    sequences: BTreeSet<String>,
    fetched: BTreeSet<String>,
}

impl Happened {
    /// Whether a lock that nobody claims says nothing that the statement's other locks do not.
    pub fn goes_without_saying(&self, sql: &str, name: &str, mode: LockMode) -> bool {
        let words = sql.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let is_named = words.into_iter().any(|word| word == name) && !self.sequences.contains(name);
        match self.indexes.get(name) {
            Some(of) => {
                mode < LockMode::ShareUpdateExclusive
                    || self.locks.get(of) == Some(&LockMode::AccessExclusive)
            }
            None => mode == LockMode::AccessShare || (mode < LockMode::ShareUpdateExclusive && !is_named),
        }
    }

    /// The rest of it, in words.
    pub fn details(&self) -> String {
        let names = |of: &BTreeSet<String>| of.iter().cloned().collect::<Vec<_>>().join(" ");
        format!(
            "; rewritten [{}], index files [{}], scanned [{}], lost [{}]",
            names(&self.rewritten),
            names(&self.rebuilt),
            names(&self.scanned),
            self.lost.as_deref().unwrap_or_default().trim()
        )
    }

    /// Whether the measurement can show that something did not happen. Counters show scans of a transaction, and
    /// not ANALYZE's, which reads as many blocks; nothing shows those of a statement that commits by itself.
    pub fn tells(&self, what: &str) -> bool {
        !(what == "scan" && (self.refused || !self.fetched.is_empty()))
    }
}

/// What a statement did that commits by itself; counters of scans do not tell then.
pub fn outside(before: &Relations, after: &Relations) -> Happened {
    Happened {
        refused: true,
        scanned: BTreeSet::new(),
        ..differences(before, after, after)
    }
}

/// What differs; `counters` are those at the statement's begin.
pub fn differences(before: &Relations, counters: &Relations, after: &Relations) -> Happened {
    let mut happened = Happened::default();
    let mut lost = String::new();
    // An update can move rows from one partition to another.
    let rows = |of: &Relations| of.values().map(|relation| relation.rows).sum::<u64>();
    let fewer_rows = rows(after) < rows(before);
    for (oid, was) in before {
        let is_index = matches!(was.kind.as_str(), "i" | "I");
        if is_index {
            let of = before.get(&was.table).map(|table| table.name.clone());
            happened.indexes.insert(was.name.clone(), of.unwrap_or_default());
        }
        if was.kind == "S" {
            happened.sequences.insert(was.name.clone());
        }
        let holds_data = matches!(was.kind.as_str(), "r" | "p" | "f" | "S");
        let Some(is) = after.get(oid) else {
            // A constraint's index or one over a changed column is made again, perhaps with the old one's file.
            let again = after.values().find(|is| is_index && is.name == was.name);
            if again.is_some_and(|again| again.file != was.file) {
                happened.rebuilt.insert(was.name.clone());
            }
            if holds_data {
                let _ = write!(lost, "{} ", was.name);
            }
            continue;
        };
        if is.file != was.file && is_index {
            happened.rebuilt.insert(was.name.clone());
        } else if is.file != was.file && matches!(was.kind.as_str(), "r" | "m") {
            happened.rewritten.insert(was.name.clone());
        }
        if counters.get(oid).is_some_and(|begun| is.scans > begun.scans) {
            happened.scanned.insert(was.name.clone());
        }
        if counters.get(oid).is_some_and(|begun| is.blocks > begun.blocks) {
            happened.fetched.insert(was.name.clone());
        }
        if is.rows < was.rows && fewer_rows {
            let _ = write!(lost, "rows of {} ", was.name);
        }
        if holds_data
            && was.columns.difference(&is.columns).count() > is.columns.difference(&was.columns).count()
        {
            let _ = write!(lost, "columns of {} ", was.name);
        }
    }
    happened.lost = (!lost.is_empty()).then_some(lost);
    happened
}

/// The locks that a backend holds or waits for, on relations that were there before.
///
/// # Errors
/// A lost connection.
pub async fn locks_of(client: &Client, before: &Relations, pid: &str) -> Result<Locks> {
    let mut locks = Locks::new();
    for row in table(client, &include_str!("locks.sql").replace("$pid", pid)).await? {
        let mode = LockMode::ALL.into_iter().find(|mode| mode.name() == row[1]);
        if let (Some(relation), Some(mode)) = (before.get(&number(&row[0])), mode) {
            strongest(&mut locks, relation.name.clone(), mode);
        }
    }
    Ok(locks)
}

/// All relations of the user.
///
/// # Errors
/// A lost connection.
pub async fn relations(client: &Client) -> Result<Relations> {
    let mut found = Relations::new();
    for row in table(client, include_str!("relations.sql")).await? {
        let relation = Relation {
            name: row[1].clone(),
            kind: row[2].clone(),
            file: row[3].clone(),
            columns: row[4].split(',').map(str::to_owned).collect(),
            scans: number(&row[5]),
            blocks: number(&row[6]),
            rows: 0,
            qualified: row[7].clone(),
            table: number(&row[8]),
        };
        found.insert(number(&row[0]), relation);
    }
    Ok(found)
}

/// As [`relations`], and the rows: last, since counting is a scan too.
///
/// # Errors
/// A lost connection.
pub async fn relations_and_rows(client: &Client) -> Result<Relations> {
    let mut found = relations(client).await?;
    let mut count = String::new();
    for (oid, relation) in found.iter().filter(|(_, relation)| relation.kind == "r") {
        let separator = if count.is_empty() { "" } else { " UNION ALL " };
        let _ = write!(
            count,
            "{separator}SELECT '{oid}', count(*)::text FROM ONLY {}",
            relation.qualified
        );
    }
    for row in table(client, &count).await? {
        if let Some(relation) = found.get_mut(&number(&row[0])) {
            relation.rows = number(&row[1]);
        }
    }
    Ok(found)
}

/// Notes a lock where it is the strongest of its relation.
pub fn strongest(locks: &mut Locks, relation: String, mode: LockMode) {
    locks
        .entry(relation)
        .and_modify(|held| *held = mode.max(*held))
        .or_insert(mode);
}

/// The rows of a query, as text; NULL is empty.
///
/// # Errors
/// What the server says.
pub async fn table(client: &Client, sql: &str) -> Result<Vec<Vec<String>>> {
    let messages = client.simple_query(sql).await?;
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let cells = rows.map(|row| {
        let cells = (0..row.len()).map(|at| row.get(at).unwrap_or_default().to_owned());
        cells.collect()
    });
    Ok(cells.collect())
}

/// A number that the server wrote.
fn number<T: std::str::FromStr + Default>(text: &str) -> T {
    text.parse().unwrap_or_default()
}
