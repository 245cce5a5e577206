//! What a plan is made of: steps, and the statements in them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::text::StatementText;
use crate::directive::BackfillOptions;
use crate::effect::{LockMode, UnnamedLock};
use crate::lane::Lane;
use crate::sql::{Change, RelationName};

/// A unit of the plan with one retry scope and one journal row.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Position in its revision, from 1. Numbers are never given twice, also not when the
    /// rest of an edited revision is planned again.
    pub number: u32,
    /// How the server gets it.
    pub shape: Shape,
    /// The lane whose policy governs the step: that of its most demanding statement.
    pub lane: Lane,
    /// Why the step begins where it does.
    pub cut: Cut,
    /// What is executed, in order. Never empty. Shared with whoever else looks at the plan: there can be very many.
    pub statements: Vec<Arc<PlannedStatement>>,
    /// A final failure is a warning that `status` keeps showing.
    pub best_effort: bool,
    /// What the revision asks for in place of the lane's defaults.
    pub overrides: Overrides,
}

impl Step {
    /// The first statement: the only one of a step that is no transaction.
    pub fn first(&self) -> Option<&PlannedStatement> {
        self.statements.first().map(AsRef::as_ref)
    }

    /// Whether a lock of this step can make application queries wait.
    pub fn blocks(&self) -> bool {
        self.statements.iter().any(|statement| statement.blocks())
    }

    /// Whether any statement can change settings or other state of its session.
    pub fn changes_session(&self) -> bool {
        self.statements.iter().any(|statement| statement.changes_session)
    }
}

/// Directives that stand in for a lane's defaults in one step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `-- windlass: stall-budget`
    pub stall_budget: Option<Duration>,
    /// `-- windlass: lock-timeout`
    pub lock_timeout: Option<Duration>,
    /// `-- windlass: statement-timeout`
    pub statement_timeout: Option<Duration>,
}

impl Overrides {
    /// The stricter of both, setting by setting.
    pub(super) fn tightened(self, other: Self) -> Self {
        let least = |a: Option<Duration>, b: Option<Duration>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, None) | (None, one) => one,
        };
        Self {
            stall_budget: least(self.stall_budget, other.stall_budget),
            lock_timeout: least(self.lock_timeout, other.lock_timeout),
            statement_timeout: least(self.statement_timeout, other.statement_timeout),
        }
    }
}

/// How the server gets a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// All statements and the journal row in one transaction: it happens once or not at all.
    Transaction,
    /// One statement that refuses a transaction, sent alone. What became of it after a crash is
    /// found out by its [`Probe`].
    Alone,
    /// One data change in many transactions, each with the cursor that says how far it is.
    Backfill,
}

/// Why a step begins where it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// It is the revision's first step.
    Start,
    /// Its statement refuses to run in a transaction.
    RefusesTransaction,
    /// The statement before refuses to run in a transaction.
    AfterRefusal,
    /// PostgreSQL refuses a new enum value in the transaction that added it (55P04).
    NewEnumValue,
    /// A data change or scan would run while a blocking lock is held.
    WorkUnderLock,
    /// A data change in batches commits by itself.
    Batched,
    /// Row locks of a data change would be held while a blocking lock is waited for.
    LockAfterWork,
    /// A safe form adds a constraint that is taken back where old rows break it.
    Provisional,
    /// The file says `no-transaction`, or a statement beside it is `best-effort`.
    Asked,
}

impl Cut {
    /// The reason as `plan` prints it behind "cut:".
    pub fn reason(self) -> &'static str {
        match self {
            Self::Start => "start of the revision",
            Self::RefusesTransaction => "the next statement cannot run inside a transaction",
            Self::AfterRefusal => "the statement before cannot run inside a transaction",
            Self::NewEnumValue => "a new enum value can be used only after it is committed",
            Self::WorkUnderLock => "rows must not be read or changed while a blocking lock is held",
            Self::Batched => "a data change in batches commits by itself",
            Self::LockAfterWork => "a blocking lock must not be waited for while changed rows are locked",
            Self::Provisional => {
                "a constraint that is taken back if old rows break it has a transaction of its own"
            }
            Self::Asked => "the file says no-transaction, or a statement is best-effort",
        }
    }
}

/// A statement as the engine sends it.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedStatement {
    /// Identifies the statement across edits of its file.
    pub hash: StatementHash,
    /// The SQL, without the semicolon.
    pub sql: StatementText,
    /// The block that follows `COPY … FROM STDIN`, without its end marker.
    pub copy_data: Option<String>,
    /// Line of its first character in the file, from 1.
    pub line: usize,
    /// Column of its first character, from 1, in characters.
    pub column: usize,
    /// Its kind, such as `create_index`.
    pub kind: &'static str,
    /// Its own lane; the step may have a stricter one.
    pub lane: Lane,
    /// The locks that it takes on relations that existed before the revision.
    pub locks: Arc<[(RelationName, LockMode)]>,
    /// The locks that it takes on relations that it does not name.
    pub unnamed: Arc<[UnnamedLock]>,
    /// It runs code that nobody sees into.
    pub opaque: bool,
    /// Only catalog rows are read and written: the time it takes does not grow with the table.
    pub catalog_only: bool,
    /// It can change settings or other state of its session.
    pub changes_session: bool,
    /// Rows, columns or objects go away, or nobody can tell.
    pub loses_data: bool,
    /// The query must answer with one true value.
    pub assertion: Option<Assertion>,
    /// It is executed in batches.
    pub backfill: Option<Box<Batches>>,
    /// See [`PlannedStatement::probe`]. In a box, as the rewrite is: a long script has very many statements that have
    /// neither.
    pub probe: Option<Box<Probe>>,
    /// The rewrite that produced it and its position there; none for what the author wrote.
    pub rewrite: Option<Box<Rewrite>>,
}

impl PlannedStatement {
    /// How to find out, after a crash, whether it happened.
    pub fn probe(&self) -> &Probe {
        self.probe.as_deref().unwrap_or(&Probe::Journal)
    }

    /// Whether one of its locks can make application queries wait.
    pub fn blocks(&self) -> bool {
        let modes = self.locks.iter().map(|(_, mode)| *mode);
        let unnamed = self.unnamed.iter().map(|lock| lock.mode);
        modes.chain(unnamed).any(LockMode::blocks)
    }
}

/// How a data change is cut into batches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batches {
    /// Its name, the journal's key.
    pub name: String,
    /// What it does to which table.
    pub change: Change,
    /// The column that tells tenants apart, and the word to show them by.
    pub by: Option<(String, String)>,
    /// How it is executed.
    pub options: BackfillOptions,
    /// What belongs to a background job; none for a step that the revision waits for.
    pub deferred: Option<Deferred>,
}

/// What a background job does when its rows are done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deferred {
    /// Queries that must answer true, each with its text for people.
    pub verify: Vec<(String, String)>,
    /// Indexes that go away, as SQL names them.
    pub temporary: Vec<String>,
}

/// A `verify` or `require` statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assertion {
    /// Must be true before the revision's first step.
    Require(String),
    /// Must be true after the statements before it.
    Verify(String),
}

/// Names the part of a rewrite that a statement is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// The rule that rewrote.
    pub rule: String,
    /// Which of the rewrite's statements this is, from 1.
    pub part: u32,
    /// The author's statement that it stands for.
    pub of: Option<StatementHash>,
    /// It shares the transaction of the part before it, whatever stands in them.
    pub is_joined: bool,
}

/// How to find out whether a statement that ran outside any transaction happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// It commits with its journal row; nothing to find out.
    Journal,
    /// CREATE INDEX CONCURRENTLY: `pg_index.indisvalid` of this index on this table.
    CreateIndex {
        /// The index; it lives in the schema of its table.
        index: String,
        /// The table.
        relation: RelationName,
        /// IF NOT EXISTS was written.
        if_not_exists: bool,
    },
    /// DROP INDEX CONCURRENTLY: whether the index is still there.
    DropIndex {
        /// The index.
        index: RelationName,
        /// IF EXISTS was written.
        if_exists: bool,
    },
    /// REINDEX … CONCURRENTLY: it may be repeated once the `_ccnew` and `_ccold` remains are gone.
    Reindex {
        /// The table or index; none for a schema or database.
        relation: Option<RelationName>,
    },
    /// DETACH PARTITION … CONCURRENTLY: `pg_inherits.inhdetachpending`.
    Detach {
        /// The partitioned table.
        parent: RelationName,
        /// The partition.
        partition: RelationName,
    },
    /// Doing it twice is the same as doing it once (VACUUM, ANALYZE, ALTER SYSTEM).
    Repeatable,
    /// Nothing tells: after a crash the outcome is unknown and `resolve` decides.
    Nothing,
}

/// SHA-256 of a statement's text (line ends folded to LF, outer space trimmed) and its COPY data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatementHash([u8; 32]);

impl StatementHash {
    /// The hash of one statement.
    pub fn of(sql: &str, copy_data: Option<&str>) -> Self {
        let mut hasher = Sha256::new();
        let mut feed = |text: &str| {
            for (count, line) in text.trim().split('\n').enumerate() {
                if count > 0 {
                    hasher.update(b"\n");
                }
                hasher.update(line.strip_suffix('\r').unwrap_or(line));
            }
            hasher.update([0]);
        };
        feed(sql);
        if let Some(data) = copy_data {
            feed(data);
        }
        Self(hasher.finalize().into())
    }

    /// Reads what `Display` wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for StatementHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Very many of them are written with the plan of a long script.
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 64];
        for (byte, digits) in self.0.iter().zip(text.chunks_exact_mut(2)) {
            digits[0] = DIGITS[usize::from(byte >> 4)];
            digits[1] = DIGITS[usize::from(byte & 15)];
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_do_not_change_a_hash_and_words_do() {
        let hash = StatementHash::of("SELECT\n1", None);
        assert_eq!(hash, StatementHash::of("SELECT\r\n1 ", None));
        assert_ne!(hash, StatementHash::of("SELECT\n2", None));
        assert_ne!(hash, StatementHash::of("SELECT\n1", Some("")));
    }

    #[test]
    fn a_hash_is_read_back_from_its_text() {
        let hash = StatementHash::of("SELECT 1", None);
        assert_eq!(StatementHash::parse(&hash.to_string()), Some(hash));
        assert_eq!(StatementHash::parse("zz"), None);
    }
}
