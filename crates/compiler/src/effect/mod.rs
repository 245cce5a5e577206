//! The one table of lock facts: what a statement locks, whether it may run in a transaction, what it
//! reads or writes as a whole, and what it loses.
//!
//! [`effect`] answers for a statement and what is known beside it. With a [`Context`] that has a catalog, the
//! relations that the statement does not name are listed (foreign keys' other tables, partitions, the default
//! partition, indexes, sequences, tables of a domain), all by their schema, and what does not come true of
//! the worst case is left out. Without one, or where the catalog cannot tell, the worst is claimed, and it shows:
//! `Answer::Unknown`, and `Effect::unnamed` for the relations that nobody could list.
//!
//! ```
//! use windlass_compiler::effect::{Context, LockMode, effect};
//! let statement = windlass_compiler::sql::parse("ALTER TABLE orders DROP CONSTRAINT orders_customer")?;
//! let effect = effect(&statement, &Context::default());
//! assert_eq!(effect.locks[0].mode, LockMode::AccessExclusive);
//! // The other table of the foreign key is locked too; only a catalog says which one that is:
//! // `effect(&statement, &Context::new(&catalog, &["public"]))`.
//! assert!(!effect.unnamed.is_empty());
//! # Ok::<(), windlass_compiler::sql::SyntaxError>(())
//! ```
//!
//! Sources: PostgreSQL docs §13.3 "Explicit Locking" and `AlterTableGetLockLevel`, and our measurements where they
//! say more. Every claim is measured by the engine's tests.

mod alter;
mod facts;
mod lock;
mod seen;
#[cfg(test)]
mod tests;
mod types;

pub use lock::LockMode;

use crate::catalog::{Catalog, QualifiedName};
use crate::sql::{ObjectKind, RelationName, Statement, Touched};
pub(crate) use facts::closure;
pub(crate) use types::rewrites_rows;

use facts::Facts;

/// What is known beside the statement.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Context<'a> {
    /// The database's schema before the statement.
    pub catalog: Option<&'a Catalog>,
    /// The server's major version, such as 15; the catalog's where it is known.
    pub server_version: Option<u32>,
    /// Where names without a schema are looked for.
    pub search_path: &'a [&'a str],
}

impl Default for Context<'_> {
    fn default() -> Self {
        Self {
            catalog: None,
            server_version: None,
            search_path: &["public"],
        }
    }
}

impl<'a> Context<'a> {
    /// A database's schema, of a known version, where `search_path` is not the default.
    pub fn new(catalog: &'a Catalog, search_path: &'a [&'a str]) -> Self {
        Self {
            catalog: Some(catalog),
            server_version: (catalog.server_version > 0).then(|| catalog.major()),
            search_path,
        }
    }

    /// The same for a server of this major version.
    #[must_use]
    pub fn for_version(self, major: u32) -> Self {
        Self {
            server_version: Some(major),
            ..self
        }
    }

    /// The relation or index that PostgreSQL finds under that name, where the catalog has it.
    pub fn find(&self, name: &RelationName) -> Option<QualifiedName> {
        Facts::of(self)?.find(name)
    }
}

/// Yes, no, or honestly neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// Only a catalog or the server can tell; a caller assumes the worst.
    Unknown,
}

impl Answer {
    /// The answer as one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it surely does not.
    pub fn is_no(self) -> bool {
        self == Self::No
    }

    /// The worse of both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::No, Self::No) => Self::No,
        }
    }
}

/// Whether a statement may run in a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InTransaction {
    /// It may.
    Allowed,
    /// It may not, and why, in words that continue "it ".
    Refused(&'static str),
}

/// A lock on a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationLock {
    /// The relation.
    pub relation: RelationName,
    /// The strongest mode taken on it.
    pub mode: LockMode,
    /// Whether the statement names the relation.
    pub named: bool,
}

/// How relations that a statement does not name stand to one that it names, or to one of its descendants.
/// Without a catalog all of a kin are claimed where a statement may reach some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kin {
    /// Partitions and inheriting tables, at every depth.
    Descendants,
    /// The default partition.
    DefaultPartition,
    /// The default partition of the table that it is a partition of.
    DefaultSibling,
    /// The table that it is a partition of.
    Parents,
    /// The indexes of a table.
    Indexes,
    /// The table of an index.
    Table,
    /// The tables that its foreign keys reference.
    Referenced,
    /// The tables whose foreign keys reference it.
    Referencing,
    /// The tables whose foreign keys reference it, those that reference them, and so on.
    ReferencingAll,
    /// The sequences of its serial and identity columns.
    Sequences,
    /// The tables and views below a view, and so on.
    Underlying,
    /// Whatever depends on it, or on an object that is no relation.
    Dependents,
}

impl Kin {
    /// The kin as one word, for the query that looks it up on a server.
    pub fn word(self) -> &'static str {
        match self {
            Self::Descendants => "descendants",
            Self::DefaultPartition => "default_partition",
            Self::DefaultSibling => "default_sibling",
            Self::Parents => "parents",
            Self::Indexes => "indexes",
            Self::Table => "table",
            Self::Referenced => "referenced",
            Self::Referencing => "referencing",
            Self::ReferencingAll => "referencing_all",
            Self::Sequences => "sequences",
            Self::Underlying => "underlying",
            Self::Dependents => "dependents",
        }
    }
}

/// Which ties between relations count.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Through {
    /// All of them.
    Any,
    /// Foreign keys over this column and its sequences.
    Column(String),
    /// The foreign key of this name.
    Constraint(String),
}

/// A lock on relations that a statement does not name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnnamedLock {
    /// The relation that they stand to; none where it is another kind of object.
    pub of: Option<RelationName>,
    /// How they stand to it.
    pub kin: Kin,
    /// Which of the ties count.
    pub through: Through,
    /// The strongest mode taken on them.
    pub mode: LockMode,
}

impl UnnamedLock {
    /// Which relations, in words: `the indexes of t`.
    pub fn whose(&self) -> String {
        let of = match &self.of {
            Some(of) => of.to_string(),
            None => return "whatever depends on it".to_owned(),
        };
        let through = match &self.through {
            Through::Any => String::new(),
            Through::Column(name) => format!(" (by column {name})"),
            Through::Constraint(name) => format!(" (by constraint {name})"),
        };
        let kin = match self.kin {
            Kin::Descendants => format!("partitions and children of {of}"),
            Kin::DefaultPartition => format!("the default partition of {of}"),
            Kin::DefaultSibling => format!("the default partition beside {of}"),
            Kin::Parents => format!("what {of} is a partition of"),
            Kin::Indexes => format!("the indexes of {of}"),
            Kin::Table => format!("the table of {of}"),
            Kin::Referenced => format!("tables that foreign keys of {of} reference"),
            Kin::Referencing => format!("tables whose foreign keys reference {of}"),
            Kin::ReferencingAll => format!("tables whose foreign keys reference {of}, and theirs"),
            Kin::Sequences => format!("sequences of {of}"),
            Kin::Underlying => format!("tables below the view {of}"),
            Kin::Dependents => format!("whatever depends on {of}"),
        };
        kin + &through
    }
}

/// What a statement does to a server.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// The locks on relations, those it creates included. With a catalog also those on relations that
    /// it does not name, and each that the catalog has is written with its schema.
    pub locks: Vec<RelationLock>,
    /// Locks on relations that are not among `locks` because nobody could list them: all of them without a
    /// catalog; the server lists them then.
    pub unnamed: Vec<UnnamedLock>,
    /// It runs code that nobody sees into: DO, CALL, a function that is not PostgreSQL's own.
    pub opaque: bool,
    /// Whether it may run in a transaction.
    pub in_transaction: InTransaction,
    /// Whether it writes a table anew.
    pub rewrite: Answer,
    /// Whether it reads a whole table.
    pub scan: Answer,
    /// Whether it builds an index that exists anew, without its table.
    pub index_rebuild: Answer,
    /// The relations that are written anew, or may be; those that store rows where a catalog tells.
    pub rewrites: Vec<RelationName>,
    /// The relations that are read as a whole, or may be. What is written anew is among them.
    pub scans: Vec<RelationName>,
    /// The existing indexes that are built anew, or may be.
    pub index_rebuilds: Vec<RelationName>,
    /// Whether rows, columns or objects go away.
    pub data_loss: Answer,
    /// Whether it can change settings or other state of its session.
    pub session_state: bool,
}

/// What `statement` does, as far as `context` tells.
pub fn effect(statement: &Statement, context: &Context) -> Effect {
    let mut effect = table(statement);
    match Facts::of(context) {
        Some(facts) => seen::narrow(&mut effect, statement, &facts),
        None => effect.list_the_named(statement),
    }
    effect
}

/// The table of lock facts.
fn table(statement: &Statement) -> Effect {
    let mut effect = Effect {
        locks: Vec::new(),
        unnamed: Vec::new(),
        opaque: false,
        in_transaction: InTransaction::Allowed,
        rewrite: Answer::No,
        scan: Answer::No,
        index_rebuild: Answer::No,
        rewrites: Vec::new(),
        scans: Vec::new(),
        index_rebuilds: Vec::new(),
        data_loss: Answer::No,
        session_state: false,
    };
    match statement {
        Statement::Alter {
            relation,
            object,
            commands,
            ..
        } => alter::alter(&mut effect, relation, *object, commands),
        Statement::CreateIndex {
            relation,
            only,
            concurrently,
            ..
        } => {
            // ON ONLY a partitioned table builds nothing.
            effect.scan = if *only { Answer::Unknown } else { Answer::Yes };
            if *concurrently {
                effect.lock(relation, LockMode::ShareUpdateExclusive);
                effect.in_transaction =
                    InTransaction::Refused("waits for other transactions while it builds");
            } else {
                effect.lock(relation, LockMode::Share);
                if !only {
                    effect.kin(relation, Kin::Descendants, LockMode::Share);
                }
            }
        }
        Statement::Drop {
            object,
            relations,
            concurrently,
            cascade,
            ..
        } => {
            effect.data_loss = match object {
                ObjectKind::Table | ObjectKind::Sequence | ObjectKind::Column => Answer::Yes,
                // An extension may have tables of its own.
                ObjectKind::Extension => Answer::Unknown,
                // What holds rows goes with them only by CASCADE.
                ObjectKind::Type | ObjectKind::Routine | ObjectKind::Schema | ObjectKind::Other
                    if *cascade =>
                {
                    Answer::Unknown
                }
                _ => Answer::No,
            };
            let mode = if *concurrently {
                LockMode::ShareUpdateExclusive
            } else {
                LockMode::AccessExclusive
            };
            for relation in relations {
                effect.lock(relation, mode);
            }
            for relation in relations {
                match object {
                    ObjectKind::Table => {
                        for kin in [
                            Kin::Descendants,
                            Kin::Parents,
                            Kin::DefaultSibling,
                            Kin::Referenced,
                            Kin::Sequences,
                        ] {
                            effect.kin(relation, kin, mode);
                        }
                    }
                    ObjectKind::Index => effect.kin(relation, Kin::Table, mode),
                    // Partitions have the triggers of their parent.
                    ObjectKind::OnTable => effect.kin(relation, Kin::Descendants, mode),
                    _ => {}
                }
            }
            if *cascade {
                effect.anything(mode);
            }
            if *object == ObjectKind::Statistics {
                effect.anything(LockMode::ShareUpdateExclusive);
            }
            if *concurrently {
                effect.in_transaction =
                    InTransaction::Refused("waits for other transactions before it drops");
            }
        }
        Statement::Reindex {
            relation,
            is_index,
            concurrently,
        } => {
            effect.scan = Answer::Yes;
            match (relation, *is_index) {
                // Measured: the partitions of a table are found under Share, before any index is built.
                (Some(table), false) if *concurrently => {
                    effect.kin(table, Kin::Indexes, LockMode::ShareUpdateExclusive);
                    effect.kin(table, Kin::Descendants, LockMode::Share);
                }
                (Some(index), true) if *concurrently => {
                    effect.kin(index, Kin::Table, LockMode::ShareUpdateExclusive);
                    effect.kin(index, Kin::Descendants, LockMode::Share);
                }
                (Some(index), true) => {
                    effect.kin(index, Kin::Table, LockMode::Share);
                    effect.kin(index, Kin::Descendants, LockMode::AccessExclusive);
                }
                (Some(table), false) => {
                    effect.kin(table, Kin::Indexes, LockMode::AccessExclusive);
                    effect.kin(table, Kin::Descendants, LockMode::Share);
                }
                (None, _) => effect.anything(if *concurrently {
                    LockMode::ShareUpdateExclusive
                } else {
                    LockMode::AccessExclusive
                }),
            }
            if let Some(relation) = relation {
                // The index is locked AccessExclusive: every SELECT that plans on the table waits.
                let mode = match (*concurrently, *is_index) {
                    (true, _) => LockMode::ShareUpdateExclusive,
                    (false, true) => LockMode::AccessExclusive,
                    (false, false) => LockMode::Share,
                };
                effect.lock(relation, mode);
            }
            if *concurrently || relation.is_none() {
                effect.in_transaction = InTransaction::Refused("works in transactions of its own");
            }
        }
        Statement::CreateTable {
            relation,
            partition_of,
            inherits,
            references,
            ..
        } => {
            effect.lock(relation, LockMode::AccessExclusive);
            // Measured: AccessExclusive on the parent, and on its default partition.
            if let Some(parent) = partition_of {
                effect.lock(parent, LockMode::AccessExclusive);
                effect.kin(parent, Kin::DefaultPartition, LockMode::AccessExclusive);
                effect.kin(parent, Kin::Referenced, LockMode::ShareRowExclusive);
                effect.kin(parent, Kin::Referencing, LockMode::ShareRowExclusive);
                effect.scan = Answer::Unknown;
            }
            for parent in inherits {
                effect.lock(parent, LockMode::ShareUpdateExclusive);
            }
            for referenced in references {
                effect.lock(referenced, LockMode::ShareRowExclusive);
                effect.kin(referenced, Kin::Descendants, LockMode::ShareRowExclusive);
            }
        }
        Statement::CreateTableAs {
            relation,
            touched,
            with_data,
            ..
        } => {
            effect.lock(relation, LockMode::AccessExclusive);
            effect.touch(touched);
            if !*with_data {
                effect.scan = Answer::No;
            }
        }
        Statement::CreateView {
            relation, touched, ..
        } => {
            effect.lock(relation, LockMode::AccessExclusive);
            for touch in &touched.relations {
                effect.lock(&touch.relation, LockMode::AccessShare);
            }
        }
        Statement::CreateSchema { references } => {
            for referenced in references {
                effect.lock(referenced, LockMode::ShareRowExclusive);
                effect.kin(referenced, Kin::Descendants, LockMode::ShareRowExclusive);
            }
        }
        Statement::Sweeping {
            loses,
            rewrites,
            mode,
            ..
        } => {
            effect.anything(*mode);
            effect.data_loss = if *loses { Answer::Yes } else { Answer::No };
            effect.rewrite = if *rewrites { Answer::Unknown } else { Answer::No };
            effect.scan = effect.rewrite;
        }
        Statement::Refresh {
            relation,
            concurrently,
            ..
        } => {
            effect.scan = Answer::Yes;
            effect.rewrite = if *concurrently { Answer::No } else { Answer::Yes };
            effect.lock(
                relation,
                if *concurrently {
                    LockMode::Exclusive
                } else {
                    LockMode::AccessExclusive
                },
            );
        }
        Statement::CreateSequence { relation, .. } => effect.lock(relation, LockMode::AccessExclusive),
        // Measured: blocks nextval() and with it every INSERT that draws a number.
        Statement::AlterSequence { relation } => effect.lock(relation, LockMode::ShareRowExclusive),
        Statement::CreateTrigger { relation, each_row } => {
            effect.lock(relation, LockMode::ShareRowExclusive);
            if *each_row {
                effect.kin(relation, Kin::Descendants, LockMode::ShareRowExclusive);
            }
        }
        Statement::TableRule {
            relation, touched, ..
        } => {
            effect.lock(relation, LockMode::AccessExclusive);
            for touch in &touched.relations {
                effect.lock(&touch.relation, touch.mode);
            }
        }
        Statement::Rename {
            object,
            relation,
            cascade,
            ..
        } => {
            if let Some(relation) = relation {
                let mode = match object {
                    ObjectKind::Index => LockMode::ShareUpdateExclusive,
                    _ => LockMode::AccessExclusive,
                };
                effect.lock(relation, mode);
                if matches!(
                    object,
                    ObjectKind::Column | ObjectKind::Constraint | ObjectKind::OnTable
                ) {
                    effect.kin(relation, Kin::Descendants, mode);
                }
            }
            if *cascade {
                effect.anything(LockMode::AccessExclusive);
            }
        }
        Statement::SetSchema { relation, .. } => {
            if let Some(relation) = relation {
                effect.lock(relation, LockMode::AccessExclusive);
                effect.kin(relation, Kin::Sequences, LockMode::AccessExclusive);
            }
        }
        Statement::Truncate {
            relations,
            only,
            restart,
            cascade,
        } => {
            effect.data_loss = Answer::Yes;
            for relation in relations {
                effect.lock(relation, LockMode::AccessExclusive);
            }
            for relation in relations {
                if !only.contains(relation) {
                    effect.kin(relation, Kin::Descendants, LockMode::AccessExclusive);
                }
                if *restart {
                    effect.kin(relation, Kin::Sequences, LockMode::AccessExclusive);
                }
                if *cascade {
                    effect.kin(relation, Kin::ReferencingAll, LockMode::AccessExclusive);
                }
            }
        }
        Statement::Lock {
            relations,
            only,
            mode,
        } => {
            for relation in relations {
                effect.lock(relation, *mode);
                if !only.contains(relation) {
                    effect.kin(relation, Kin::Descendants, *mode);
                }
                effect.kin(relation, Kin::Underlying, *mode);
            }
        }
        Statement::Change {
            kind,
            relation,
            touched,
        } => {
            effect.lock(relation, LockMode::RowExclusive);
            effect.touch(touched);
            effect.scan = Answer::Unknown;
            // Triggers and functions may call set_config.
            effect.session_state = !matches!(*kind, "copy");
        }
        Statement::Query { reads, touched } => {
            effect.touch(touched);
            let reads_rows = *reads && (touched.opaque || !touched.relations.is_empty());
            effect.scan = if reads_rows { Answer::Unknown } else { Answer::No };
            effect.session_state = *reads;
        }
        Statement::Vacuum {
            relations,
            full,
            analyze,
        } => {
            effect.scan = Answer::Yes;
            effect.rewrite = if *full { Answer::Yes } else { Answer::No };
            let mode = if *full {
                LockMode::AccessExclusive
            } else {
                LockMode::ShareUpdateExclusive
            };
            for relation in relations {
                effect.lock(relation, mode);
                effect.kin(relation, Kin::Descendants, mode);
            }
            if relations.is_empty() {
                effect.anything(mode);
            }
            if !analyze {
                effect.in_transaction = InTransaction::Refused("works in transactions of its own");
            }
        }
        Statement::Cluster { relation } => {
            effect.scan = Answer::Yes;
            effect.rewrite = Answer::Yes;
            match relation {
                Some(relation) => {
                    effect.lock(relation, LockMode::AccessExclusive);
                    effect.kin(relation, Kin::Descendants, LockMode::AccessExclusive);
                }
                None => {
                    effect.anything(LockMode::AccessExclusive);
                    effect.in_transaction = InTransaction::Refused("works in transactions of its own");
                }
            }
        }
        Statement::AlterDomain { scans, .. } => {
            effect.scan = if *scans { Answer::Unknown } else { Answer::No };
            // Measured: Share on every table that has a column of the domain.
            if *scans {
                effect.anything(LockMode::Share);
            }
        }
        Statement::OnRelations { locks, descend, .. } => {
            for (relation, mode) in locks {
                effect.lock(relation, *mode);
                if *descend {
                    effect.kin(relation, Kin::Descendants, *mode);
                }
            }
        }
        Statement::SessionObject { touched, .. } => {
            for touch in &touched.relations {
                effect.lock(&touch.relation, touch.mode);
            }
            effect.session_state = true;
        }
        Statement::Set { .. } => effect.session_state = true,
        Statement::Transaction { .. } => {
            effect.in_transaction = InTransaction::Refused("begins or ends one");
        }
        Statement::Do { commits } => {
            effect.scan = Answer::Unknown;
            effect.rewrite = Answer::Unknown;
            effect.data_loss = Answer::Unknown;
            effect.session_state = true;
            effect.opaque = true;
            if *commits {
                effect.in_transaction = InTransaction::Refused("commits by itself");
            }
        }
        Statement::Outside { kind, .. } => {
            effect.session_state = matches!(*kind, "call" | "discard_all");
            effect.opaque = *kind == "call";
            effect.data_loss = if matches!(*kind, "drop_database" | "call") {
                Answer::Unknown
            } else {
                Answer::No
            };
            effect.in_transaction = InTransaction::Refused("cannot run inside a transaction block");
        }
        Statement::AlterEnum { .. } | Statement::CatalogOnly { .. } => {}
    }
    effect
}

impl Effect {
    /// Notes a lock; of two on one relation the stronger stays.
    fn lock(&mut self, relation: &RelationName, mode: LockMode) {
        match self.locks.iter_mut().find(|lock| lock.relation == *relation) {
            Some(lock) => lock.mode = lock.mode.max(mode),
            None => self.locks.push(RelationLock {
                relation: relation.clone(),
                mode,
                named: true,
            }),
        }
    }

    /// Without a catalog work is done to the relations that are named.
    fn list_the_named(&mut self, statement: &Statement) {
        let named = |locks: &[RelationLock]| locks.iter().map(|lock| lock.relation.clone()).collect();
        let first = |locks: &[RelationLock]| {
            locks
                .first()
                .map(|lock| lock.relation.clone())
                .into_iter()
                .collect()
        };
        // Reading is what queries do to all they name; other work is on what a statement is about.
        let all = matches!(
            statement,
            Statement::Query { .. } | Statement::Change { .. } | Statement::Vacuum { .. }
        );
        let pick: fn(&[RelationLock]) -> Vec<RelationName> = if all { named } else { first };
        if !self.scan.is_no() {
            self.scans = pick(&self.locks);
        }
        if !self.rewrite.is_no() {
            self.rewrites = pick(&self.locks);
        }
        if !self.index_rebuild.is_no() && matches!(statement, Statement::Reindex { is_index: true, .. }) {
            self.index_rebuilds = pick(&self.locks);
        }
    }

    /// What a query touches.
    fn touch(&mut self, touched: &Touched) {
        for touch in &touched.relations {
            self.lock(&touch.relation, touch.mode);
        }
        self.opaque = touched.opaque;
        self.session_state = true;
        self.scan = Answer::Unknown;
        self.data_loss = match (touched.deletes(), touched.opaque) {
            (true, _) => Answer::Yes,
            (false, true) => Answer::Unknown,
            (false, false) => Answer::No,
        };
    }

    /// Whether one of its locks makes reads or writes wait.
    pub fn blocks(&self) -> bool {
        self.locks
            .iter()
            .map(|lock| lock.mode)
            .chain(self.unnamed.iter().map(|lock| lock.mode))
            .any(LockMode::blocks)
    }

    /// Notes a lock on what stands to `of` in the way of `kin`.
    fn kin(&mut self, of: &RelationName, kin: Kin, mode: LockMode) {
        self.unnamed(Some(of.clone()), kin, Through::Any, mode);
    }

    /// Notes a lock on what stands to `of` so by a column or constraint.
    fn kin_through(&mut self, of: &RelationName, kin: Kin, through: &Through, mode: LockMode) {
        self.unnamed(Some(of.clone()), kin, through.clone(), mode);
    }

    /// Notes a lock on relations that are known only by their dependence on something.
    fn anything(&mut self, mode: LockMode) {
        self.unnamed(None, Kin::Dependents, Through::Any, mode);
    }

    fn unnamed(&mut self, of: Option<RelationName>, kin: Kin, through: Through, mode: LockMode) {
        match self
            .unnamed
            .iter_mut()
            .find(|lock| lock.of == of && lock.kin == kin && lock.through == through)
        {
            Some(lock) => lock.mode = lock.mode.max(mode),
            None => self.unnamed.push(UnnamedLock {
                of,
                kin,
                through,
                mode,
            }),
        }
    }
}
