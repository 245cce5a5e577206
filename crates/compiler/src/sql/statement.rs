//! A statement, reduced to what decides how it is executed.

use super::alter::{AlterCommand, AlterKind};
use super::{RelationName, Touched};
use crate::effect::LockMode;

/// One SQL statement. What it locks and whether it may run in a transaction is `effect`'s job.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// ALTER TABLE and its relatives for views, indexes, sequences and foreign tables.
    Alter {
        /// What is altered.
        relation: RelationName,
        /// Its kind, as written.
        object: ObjectKind,
        /// ONLY: not its descendants.
        only: bool,
        /// The subcommands.
        commands: Vec<AlterCommand>,
    },
    /// CREATE INDEX.
    CreateIndex {
        /// The index; none when PostgreSQL is to choose a name.
        index: Option<String>,
        /// The table.
        relation: RelationName,
        /// ONLY: not its partitions.
        only: bool,
        /// CONCURRENTLY.
        concurrently: bool,
        /// IF NOT EXISTS.
        if_not_exists: bool,
    },
    /// DROP of anything.
    Drop {
        /// What kind.
        object: ObjectKind,
        /// The relations, where the objects are relations; the tables of dropped triggers, rules, policies.
        relations: Vec<RelationName>,
        /// The names of the objects, where they are no relations; those of triggers, rules and policies
        /// stand in the order of their tables.
        names: Vec<RelationName>,
        /// CONCURRENTLY.
        concurrently: bool,
        /// IF EXISTS.
        if_exists: bool,
        /// CASCADE.
        cascade: bool,
    },
    /// REINDEX.
    Reindex {
        /// INDEX or TABLE's name; none for SCHEMA, DATABASE and SYSTEM.
        relation: Option<RelationName>,
        /// It names an index.
        is_index: bool,
        /// CONCURRENTLY.
        concurrently: bool,
    },
    /// CREATE TABLE, also as a partition, foreign table or typed table.
    CreateTable {
        /// The table.
        relation: RelationName,
        /// IF NOT EXISTS.
        if_not_exists: bool,
        /// TEMP.
        temporary: bool,
        /// PARTITION OF.
        partition_of: Option<RelationName>,
        /// INHERITS.
        inherits: Vec<RelationName>,
        /// Tables that its foreign keys reference.
        references: Vec<RelationName>,
    },
    /// CREATE TABLE AS, SELECT INTO, CREATE MATERIALIZED VIEW.
    CreateTableAs {
        /// What is created.
        relation: RelationName,
        /// IF NOT EXISTS.
        if_not_exists: bool,
        /// A materialised view.
        materialized: bool,
        /// WITH DATA, which is the default.
        with_data: bool,
        /// What its query touches.
        touched: Touched,
    },
    /// CREATE VIEW.
    CreateView {
        /// The view.
        relation: RelationName,
        /// OR REPLACE.
        replace: bool,
        /// What its query names.
        touched: Touched,
    },
    /// REFRESH MATERIALIZED VIEW.
    Refresh {
        /// The view.
        relation: RelationName,
        /// CONCURRENTLY.
        concurrently: bool,
        /// WITH DATA, which is the default.
        with_data: bool,
    },
    /// CREATE SEQUENCE.
    CreateSequence {
        /// The sequence.
        relation: RelationName,
        /// IF NOT EXISTS.
        if_not_exists: bool,
    },
    /// ALTER SEQUENCE.
    AlterSequence {
        /// The sequence.
        relation: RelationName,
    },
    /// CREATE TRIGGER.
    CreateTrigger {
        /// Its table.
        relation: RelationName,
        /// FOR EACH ROW: partitions get it too.
        each_row: bool,
    },
    /// CREATE RULE, CREATE POLICY, ALTER POLICY.
    TableRule {
        /// `create_rule`, `create_policy` or `alter_policy`.
        kind: &'static str,
        /// Its table.
        relation: RelationName,
        /// What its actions name.
        touched: Touched,
    },
    /// ALTER … RENAME.
    Rename {
        /// What kind of object.
        object: ObjectKind,
        /// The relation that it is or belongs to.
        relation: Option<RelationName>,
        /// The part of the relation, where it is one: its name so far.
        part: Option<String>,
        /// The name to be.
        to: String,
        /// CASCADE, to the tables of a composite type.
        cascade: bool,
    },
    /// ALTER … SET SCHEMA.
    SetSchema {
        /// What kind of object.
        object: ObjectKind,
        /// The relation, where it is one.
        relation: Option<RelationName>,
    },
    /// TRUNCATE.
    Truncate {
        /// The tables.
        relations: Vec<RelationName>,
        /// Those of them that ONLY stands before.
        only: Vec<RelationName>,
        /// RESTART IDENTITY.
        restart: bool,
        /// CASCADE.
        cascade: bool,
    },
    /// LOCK TABLE.
    Lock {
        /// The tables.
        relations: Vec<RelationName>,
        /// Those of them that ONLY stands before.
        only: Vec<RelationName>,
        /// The mode.
        mode: LockMode,
    },
    /// INSERT, UPDATE, DELETE, MERGE, COPY … FROM.
    Change {
        /// `insert`, `update`, `delete`, `merge` or `copy`.
        kind: &'static str,
        /// The target.
        relation: RelationName,
        /// What it touches, the target included.
        touched: Touched,
    },
    /// SELECT, VALUES, TABLE, COPY … TO, EXPLAIN; with what WITH and EXPLAIN ANALYZE change on the way.
    Query {
        /// It has a FROM clause, or calls a function that could have one.
        reads: bool,
        /// What it touches.
        touched: Touched,
    },
    /// VACUUM and ANALYZE.
    Vacuum {
        /// The tables; empty for all.
        relations: Vec<RelationName>,
        /// FULL.
        full: bool,
        /// ANALYZE alone.
        analyze: bool,
    },
    /// CLUSTER.
    Cluster {
        /// The table; none for all.
        relation: Option<RelationName>,
    },
    /// ALTER TYPE … ADD VALUE and RENAME VALUE.
    AlterEnum {
        /// ADD VALUE.
        adds: bool,
    },
    /// ALTER DOMAIN.
    AlterDomain {
        /// The domain.
        name: RelationName,
        /// It checks the rows of the tables that use the domain.
        scans: bool,
    },
    /// CREATE SCHEMA, with what it creates inside.
    CreateSchema {
        /// Tables that the foreign keys of its tables reference.
        references: Vec<RelationName>,
    },
    /// A statement whose locks are on relations that it does not name: DROP OWNED, ALTER TABLE ALL IN
    /// TABLESPACE, ALTER EXTENSION … UPDATE, ALTER TYPE of a composite type.
    Sweeping {
        /// Its kind.
        kind: &'static str,
        /// Rows, columns or objects go away.
        loses: bool,
        /// Tables are written anew.
        rewrites: bool,
        /// The strongest lock on them.
        mode: LockMode,
        /// The composite type that is altered.
        of: Option<RelationName>,
    },
    /// CREATE STATISTICS, COMMENT ON a relation, publications, and others that only keep DDL away.
    OnRelations {
        /// Its kind.
        kind: &'static str,
        /// The relations, and what it locks them with.
        locks: Vec<(RelationName, LockMode)>,
        /// Their descendants too.
        descend: bool,
    },
    /// SET and RESET.
    Set {
        /// The setting; none for RESET ALL.
        name: Option<String>,
        /// SET LOCAL.
        local: bool,
    },
    /// BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their relatives.
    Transaction {
        /// The word.
        word: &'static str,
    },
    /// DO.
    Do {
        /// Its body ends a transaction.
        commits: bool,
    },
    /// PREPARE, EXECUTE, DECLARE, LISTEN and what else lives in a session.
    SessionObject {
        /// Its kind.
        kind: &'static str,
        /// What a cursor's query touches.
        touched: Touched,
    },
    /// A statement that refuses a transaction and that nothing tells the outcome of.
    Outside {
        /// Its kind.
        kind: &'static str,
        /// Doing it twice is the same as doing it once.
        repeatable: bool,
    },
    /// Locks no relation that existed before.
    CatalogOnly {
        /// Its kind.
        kind: &'static str,
    },
}

/// Kinds of objects that are altered, dropped and renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    /// An ordinary, partitioned or foreign table.
    Table,
    /// An index.
    Index,
    /// A view.
    View,
    /// A materialised view.
    MaterializedView,
    /// A sequence.
    Sequence,
    /// A column of a relation.
    Column,
    /// A constraint of a table.
    Constraint,
    /// A trigger, rule or policy of a table.
    OnTable,
    /// A type or domain.
    Type,
    /// Extended statistics.
    Statistics,
    /// A function, procedure or aggregate.
    Routine,
    /// A schema.
    Schema,
    /// An extension.
    Extension,
    /// Anything else.
    Other,
}

/// Index and partition work that refuses a transaction and can be looked up in the catalog.
#[derive(Debug, Clone, PartialEq)]
pub enum IndexStatement {
    /// CREATE INDEX CONCURRENTLY.
    Create {
        /// The index; none when PostgreSQL is to choose a name.
        index: Option<String>,
        /// The table.
        relation: RelationName,
        /// IF NOT EXISTS.
        if_not_exists: bool,
    },
    /// DROP INDEX CONCURRENTLY.
    Drop {
        /// The index.
        index: RelationName,
        /// IF EXISTS.
        if_exists: bool,
    },
    /// REINDEX … CONCURRENTLY.
    Reindex {
        /// The table or index.
        relation: Option<RelationName>,
    },
    /// DETACH PARTITION … CONCURRENTLY.
    Detach {
        /// The partitioned table.
        parent: RelationName,
        /// The partition.
        partition: RelationName,
    },
}

impl Statement {
    /// Its kind, as JSON and the journal name it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Alter { object, .. } => match object {
                ObjectKind::Index => "alter_index",
                ObjectKind::View => "alter_view",
                ObjectKind::MaterializedView => "alter_materialized_view",
                ObjectKind::Sequence => "alter_sequence",
                _ => "alter_table",
            },
            Self::CreateIndex { .. } => "create_index",
            Self::Drop { object, .. } => match object {
                ObjectKind::Table => "drop_table",
                ObjectKind::Index => "drop_index",
                ObjectKind::View => "drop_view",
                ObjectKind::MaterializedView => "drop_materialized_view",
                ObjectKind::Sequence => "drop_sequence",
                ObjectKind::Type => "drop_type",
                _ => "drop",
            },
            Self::Reindex { .. } => "reindex",
            Self::CreateTable { .. } => "create_table",
            Self::CreateTableAs {
                materialized: true, ..
            } => "create_materialized_view",
            Self::CreateTableAs { .. } => "create_table_as",
            Self::CreateView { .. } => "create_view",
            Self::Refresh { .. } => "refresh_materialized_view",
            Self::CreateSequence { .. } => "create_sequence",
            Self::AlterSequence { .. } => "alter_sequence",
            Self::CreateTrigger { .. } => "create_trigger",
            Self::Rename { .. } => "rename",
            Self::SetSchema { .. } => "set_schema",
            Self::Truncate { .. } => "truncate",
            Self::Lock { .. } => "lock_table",
            Self::Query { .. } => "select",
            Self::Vacuum { analyze: true, .. } => "analyze",
            Self::Vacuum { .. } => "vacuum",
            Self::Cluster { .. } => "cluster",
            Self::AlterEnum { adds: true } => "alter_type_add_value",
            Self::AlterEnum { .. } => "alter_type_rename_value",
            Self::AlterDomain { .. } => "alter_domain",
            Self::Set { .. } => "set",
            Self::Transaction { .. } => "transaction",
            Self::Do { .. } => "do",
            Self::TableRule { kind, .. }
            | Self::Change { kind, .. }
            | Self::OnRelations { kind, .. }
            | Self::SessionObject { kind, .. }
            | Self::Outside { kind, .. }
            | Self::Sweeping { kind, .. }
            | Self::CatalogOnly { kind } => kind,
            Self::CreateSchema { .. } => "create_schema",
        }
    }

    /// The column that the statement drops, with its table, where it does nothing else.
    pub fn drops_column(&self) -> Option<(RelationName, String)> {
        let Self::Alter {
            relation, commands, ..
        } = self
        else {
            return None;
        };
        match commands.as_slice() {
            [command] if command.kind == AlterKind::DropColumn => {
                Some((relation.clone(), command.name.clone()?))
            }
            _ => None,
        }
    }

    /// The relation that it surely creates: afterwards its locks are nobody else's business.
    pub fn creates(&self) -> Option<RelationName> {
        match self {
            Self::CreateTable {
                relation,
                if_not_exists,
                temporary,
                ..
            } => (*temporary || !if_not_exists).then(|| relation.clone()),
            Self::CreateTableAs {
                relation,
                if_not_exists,
                ..
            }
            | Self::CreateSequence {
                relation,
                if_not_exists,
            } => (!if_not_exists).then(|| relation.clone()),
            Self::CreateView {
                relation,
                replace: false,
                ..
            } => Some(relation.clone()),
            _ => None,
        }
    }

    /// The word of BEGIN, COMMIT, SAVEPOINT and their relatives.
    pub fn transaction_control(&self) -> Option<&'static str> {
        match self {
            Self::Transaction { word } => Some(word),
            _ => None,
        }
    }

    /// Whether it is a query, which may yet change rows in its WITH.
    pub fn is_query(&self) -> bool {
        matches!(self, Self::Query { .. })
    }

    /// Whether doing it twice is the same as doing it once.
    pub fn is_repeatable(&self) -> bool {
        match self {
            Self::Vacuum { .. } | Self::Cluster { .. } => true,
            Self::Reindex { .. } => true,
            Self::Outside { repeatable, .. } => *repeatable,
            _ => false,
        }
    }

    /// The timeout that it sets for its session.
    pub fn sets_timeout(&self) -> Option<&str> {
        const TIMEOUTS: [&str; 4] = [
            "lock_timeout",
            "statement_timeout",
            "idle_in_transaction_session_timeout",
            "transaction_timeout",
        ];
        match self {
            Self::Set { name: Some(name), .. } if TIMEOUTS.contains(&name.as_str()) => Some(name),
            _ => None,
        }
    }

    /// The index or partition work that refuses a transaction, if it is that.
    pub fn concurrent_index(&self) -> Option<IndexStatement> {
        match self {
            Self::CreateIndex {
                index,
                relation,
                concurrently: true,
                if_not_exists,
                ..
            } => Some(IndexStatement::Create {
                index: index.clone(),
                relation: relation.clone(),
                if_not_exists: *if_not_exists,
            }),
            Self::Drop {
                object: ObjectKind::Index,
                relations,
                concurrently: true,
                if_exists,
                ..
            } => relations.first().map(|index| IndexStatement::Drop {
                index: index.clone(),
                if_exists: *if_exists,
            }),
            Self::Reindex {
                relation,
                concurrently: true,
                ..
            } => Some(IndexStatement::Reindex {
                relation: relation.clone(),
            }),
            Self::Alter {
                relation, commands, ..
            } => commands
                .iter()
                .find(|command| command.kind == AlterKind::DetachConcurrently)
                .and_then(|command| command.other.clone())
                .map(|partition| IndexStatement::Detach {
                    parent: relation.clone(),
                    partition,
                }),
            _ => None,
        }
    }
}
