//! Relations and their parts: columns, constraints, indexes, triggers, rules and policies.
//!
//! Expressions, queries and definitions are PostgreSQL's own deparsed text with an empty search
//! path; whatever lock facts, diffs or simulation decide by has a field of its own beside it.

use std::collections::BTreeMap;

use super::name::{QualifiedName, RoutineName};

/// Options as `name=value`, in the order of their names.
pub type Options = BTreeMap<String, String>;

/// A table, view, materialised view, sequence or foreign table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Relation {
    /// What it is, with what only that kind has.
    pub kind: RelationKind,
    /// Permanent or unlogged; temporary relations are not part of a catalog.
    pub persistence: Persistence,
    /// The table access method, such as `heap`, where it has storage.
    pub access_method: Option<String>,
    /// The tablespace, when it is not the database's own.
    pub tablespace: Option<String>,
    /// Storage parameters, and the options of a view.
    pub options: Options,
    /// Storage parameters of its TOAST table, without the prefix `toast.`.
    pub toast_options: Options,
    /// The composite type of a typed table (`OF`).
    pub of_type: Option<QualifiedName>,
    /// Columns in the table's order; dropped ones are gone.
    pub columns: Vec<Column>,
    /// Constraints by name.
    pub constraints: Vec<Constraint>,
    /// Indexes by name. An index lives in the schema of its relation.
    pub indexes: Vec<Index>,
    /// Triggers by name; those that PostgreSQL keeps for foreign keys are left out.
    pub triggers: Vec<Trigger>,
    /// Rewrite rules by name, but not the one that makes a view.
    pub rules: Vec<Rule>,
    /// Row security policies by name.
    pub policies: Vec<Policy>,
    /// Whether row security is on, and for whom.
    pub row_security: RowSecurity,
    /// What logical replication identifies rows by.
    pub replica_identity: ReplicaIdentity,
    /// Parents by inheritance, in order. A partition's parent is in `partition_of` instead.
    pub inherits: Vec<QualifiedName>,
    /// Of which partitioned table it is a partition, and which.
    pub partition_of: Option<PartitionOf>,
}

impl Relation {
    /// A relation of a kind without anything else.
    pub fn new(kind: RelationKind) -> Self {
        Self {
            kind,
            persistence: Persistence::Permanent,
            access_method: None,
            tablespace: None,
            options: Options::new(),
            toast_options: Options::new(),
            of_type: None,
            columns: Vec::new(),
            constraints: Vec::new(),
            indexes: Vec::new(),
            triggers: Vec::new(),
            rules: Vec::new(),
            policies: Vec::new(),
            row_security: RowSecurity::Off,
            replica_identity: ReplicaIdentity::Default,
            inherits: Vec::new(),
            partition_of: None,
        }
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The constraint of that name.
    pub fn constraint(&self, name: &str) -> Option<&Constraint> {
        self.constraints.iter().find(|constraint| constraint.name == name)
    }

    /// The index of that name.
    pub fn index(&self, name: &str) -> Option<&Index> {
        self.indexes.iter().find(|index| index.name == name)
    }

    /// The primary key.
    pub fn primary_key(&self) -> Option<&Constraint> {
        self.constraints
            .iter()
            .find(|constraint| constraint.kind == ConstraintKind::PrimaryKey)
    }

    /// Foreign keys, with what they reference.
    pub fn foreign_keys(&self) -> impl Iterator<Item = (&Constraint, &ForeignKey)> {
        self.constraints
            .iter()
            .filter_map(|constraint| match &constraint.kind {
                ConstraintKind::ForeignKey(key) => Some((constraint, key)),
                _ => None,
            })
    }

    /// Whether rows are stored in it: not in a view, a partitioned table, a foreign table.
    pub fn has_storage(&self) -> bool {
        matches!(
            self.kind,
            RelationKind::Table | RelationKind::MaterializedView(_) | RelationKind::Sequence(_)
        )
    }

    /// Whether it is a table in the sense of ALTER TABLE: ordinary, partitioned or foreign.
    pub fn is_table(&self) -> bool {
        matches!(
            self.kind,
            RelationKind::Table | RelationKind::PartitionedTable(_) | RelationKind::ForeignTable(_)
        )
    }
}

/// What a relation is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RelationKind {
    /// An ordinary table, perhaps a partition.
    Table,
    /// A partitioned table, perhaps itself a partition.
    PartitionedTable(PartitionKey),
    /// A view and its query.
    View(String),
    /// A materialised view.
    MaterializedView(MaterializedView),
    /// A sequence.
    Sequence(Sequence),
    /// A foreign table.
    ForeignTable(ForeignTable),
}

impl RelationKind {
    /// The kind as SQL writes it: `TABLE`, `VIEW` …
    pub fn keyword(&self) -> &'static str {
        match self {
            Self::Table | Self::PartitionedTable(_) => "TABLE",
            Self::View(_) => "VIEW",
            Self::MaterializedView(_) => "MATERIALIZED VIEW",
            Self::Sequence(_) => "SEQUENCE",
            Self::ForeignTable(_) => "FOREIGN TABLE",
        }
    }
}

/// Whether changes go to the write-ahead log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// They do.
    Permanent,
    /// They do not; the rows are gone after a crash.
    Unlogged,
}

/// Whether row security is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RowSecurity {
    /// Policies are not applied.
    #[default]
    Off,
    /// Applied to all but the owner.
    On,
    /// Applied to the owner too (FORCE), and on.
    Forced,
    /// FORCE is set, but row security is not on.
    ForcedButOff,
}

/// What logical replication identifies rows by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ReplicaIdentity {
    /// The primary key.
    #[default]
    Default,
    /// Nothing: no UPDATE or DELETE while it is published.
    Nothing,
    /// The whole row.
    Full,
    /// An index of the table.
    Index(String),
}

/// How a partitioned table is divided.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartitionKey {
    /// List, range or hash.
    pub strategy: PartitionStrategy,
    /// As `pg_get_partkeydef` writes it, such as `RANGE (created_at)`.
    pub definition: String,
    /// Columns of the key, and those that its expressions read.
    pub columns: Vec<String>,
}

impl PartitionKey {
    /// A key of its parts.
    pub fn new(strategy: PartitionStrategy, definition: String, columns: Vec<String>) -> Self {
        Self {
            strategy,
            definition,
            columns,
        }
    }
}

/// How rows are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionStrategy {
    /// By listed values.
    List,
    /// By ranges.
    Range,
    /// By the remainder of a hash.
    Hash,
}

/// A partition's place in its parent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartitionOf {
    /// The partitioned table.
    pub parent: QualifiedName,
    /// As PostgreSQL writes it: `FOR VALUES …` or `DEFAULT`.
    pub bound: String,
    /// DETACH CONCURRENTLY has begun and not ended.
    pub is_detaching: bool,
}

impl PartitionOf {
    /// A place of its parts.
    pub fn new(parent: QualifiedName, bound: String, is_detaching: bool) -> Self {
        Self {
            parent,
            bound,
            is_detaching,
        }
    }

    /// Whether it is the default partition.
    pub fn is_default(&self) -> bool {
        self.bound == "DEFAULT"
    }
}

/// A materialised view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaterializedView {
    /// Its query.
    pub query: String,
    /// Whether it can be read: WITH DATA, or refreshed since.
    pub is_populated: bool,
}

/// A sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sequence {
    /// `smallint`, `integer` or `bigint`.
    pub data_type: String,
    /// First value.
    pub start: i64,
    /// Distance of two values.
    pub increment: i64,
    /// Smallest value.
    pub minimum: i64,
    /// Largest value.
    pub maximum: i64,
    /// Values that a session takes at once.
    pub cache: i64,
    /// Whether it begins again at its end.
    pub cycles: bool,
    /// The column that it belongs to.
    pub owner: SequenceOwner,
}

impl Sequence {
    /// The sequence that CREATE SEQUENCE makes of a data type, counting up from 1.
    pub fn ascending(data_type: &str) -> Self {
        Self {
            data_type: data_type.to_owned(),
            start: 1,
            increment: 1,
            minimum: 1,
            maximum: Self::largest(data_type),
            cache: 1,
            cycles: false,
            owner: SequenceOwner::Nobody,
        }
    }

    /// The largest value of a data type.
    pub fn largest(data_type: &str) -> i64 {
        match data_type {
            "smallint" => i64::from(i16::MAX),
            "integer" => i64::from(i32::MAX),
            _ => i64::MAX,
        }
    }
}

/// What a sequence belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SequenceOwner {
    /// Nothing: it outlives all tables.
    Nobody,
    /// A column, by OWNED BY.
    Column(QualifiedName, String),
    /// An identity column, inseparably.
    Identity(QualifiedName, String),
}

/// A foreign table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignTable {
    /// The server that has the rows.
    pub server: String,
    /// Options for it.
    pub options: Options,
}

/// A column, or an attribute of a composite type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as `format_type` writes it, modifiers included.
    pub data_type: String,
    /// The user's type that this is, or an array of; none for built-in ones.
    pub user_type: Option<QualifiedName>,
    /// Whether NULL is refused.
    pub is_not_null: bool,
    /// Where a value comes from when none is given.
    pub value: ColumnValue,
    /// The collation, where it is not the type's own.
    pub collation: Option<QualifiedName>,
    /// The statistics target, where it is set.
    pub statistics: Option<i16>,
    /// The storage strategy, where it is not the type's own.
    pub storage: Option<Storage>,
    /// The compression method, where one is set.
    pub compression: Option<Compression>,
    /// Options of the planner (`n_distinct` …).
    pub options: Options,
    /// Options for a foreign server.
    pub foreign_options: Options,
    /// Whether the relation defines it itself; an inherited one may do so too.
    pub is_local: bool,
    /// From how many parents it is inherited.
    pub inheritance_count: u16,
}

impl Column {
    /// A plain nullable column.
    pub fn new(name: &str, data_type: &str) -> Self {
        Self {
            name: name.to_owned(),
            data_type: data_type.to_owned(),
            user_type: None,
            is_not_null: false,
            value: ColumnValue::Null,
            collation: None,
            statistics: None,
            storage: None,
            compression: None,
            options: Options::new(),
            foreign_options: Options::new(),
            is_local: true,
            inheritance_count: 0,
        }
    }
}

/// Where a column's value comes from when none is given.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnValue {
    /// Nowhere: NULL.
    Null,
    /// An expression.
    Default(String),
    /// An identity's sequence.
    Identity(Identity),
    /// Computed at each change and stored.
    Stored(String),
    /// Computed at each read (18 and newer).
    Virtual(String),
}

/// An identity column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// ALWAYS, rather than BY DEFAULT.
    pub is_always: bool,
    /// Its sequence; none where a partition has its parent's identity.
    pub sequence: Option<QualifiedName>,
}

/// How large values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// In line, not compressed.
    Plain,
    /// Out of line, not compressed.
    External,
    /// Compressed, out of line as a last resort.
    Main,
    /// Compressed and out of line.
    Extended,
}

impl Storage {
    /// The word of SET STORAGE.
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::External => "EXTERNAL",
            Self::Main => "MAIN",
            Self::Extended => "EXTENDED",
        }
    }
}

/// How large values are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// PostgreSQL's own.
    Pglz,
    /// LZ4.
    Lz4,
}

impl Compression {
    /// The word of SET COMPRESSION.
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Pglz => "pglz",
            Self::Lz4 => "lz4",
        }
    }
}

/// A constraint of a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Constraint {
    /// Its name.
    pub name: String,
    /// What it demands.
    pub kind: ConstraintKind,
    /// As `pg_get_constraintdef` writes it, NOT VALID and the like included.
    pub definition: String,
    /// Columns that it constrains, in its order; those that its expression reads.
    pub columns: Vec<String>,
    /// Whether all rows are known to satisfy it (it is not NOT VALID).
    pub is_valid: bool,
    /// Whether new rows are checked (18 and newer have NOT ENFORCED).
    pub is_enforced: bool,
    /// Whether its check may be put off.
    pub is_deferrable: bool,
    /// Whether it is put off unless a transaction says otherwise.
    pub is_deferred: bool,
    /// Whether children do without it (NO INHERIT).
    pub is_no_inherit: bool,
    /// Whether the relation defines it itself; an inherited one may do so too.
    pub is_local: bool,
    /// From how many parents it is inherited.
    pub inheritance_count: u16,
    /// The constraint of the partitioned parent that this one is the local part of.
    pub parent: Option<(QualifiedName, String)>,
    /// The index that enforces it, or that a foreign key looks up in the other table.
    pub index: Option<QualifiedName>,
}

impl Constraint {
    /// A valid, enforced, local constraint.
    pub fn new(name: &str, kind: ConstraintKind, definition: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            definition: definition.to_owned(),
            columns: Vec::new(),
            is_valid: true,
            is_enforced: true,
            is_deferrable: false,
            is_deferred: false,
            is_no_inherit: false,
            is_local: true,
            inheritance_count: 0,
            parent: None,
            index: None,
        }
    }

    /// Whether it is there only because a parent has it.
    pub fn is_inherited(&self) -> bool {
        !self.is_local || self.parent.is_some()
    }
}

/// What a constraint demands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConstraintKind {
    /// An expression is not false.
    Check,
    /// A column is not NULL; a constraint of its own on 18 and newer only.
    NotNull,
    /// Rows differ.
    Unique,
    /// Rows differ and are the table's key.
    PrimaryKey,
    /// Rows do not match by operators.
    Exclusion,
    /// Rows are in another table.
    ForeignKey(ForeignKey),
    /// A constraint trigger's; the trigger has the details.
    Trigger,
}

/// The other side of a foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForeignKey {
    /// The referenced table.
    pub references: QualifiedName,
    /// Its columns, matching those of the constraint.
    pub referenced_columns: Vec<String>,
    /// On update of a referenced row.
    pub on_update: ReferentialAction,
    /// On deletion of a referenced row.
    pub on_delete: ReferentialAction,
}

impl ForeignKey {
    /// A key of its parts.
    pub fn new(
        references: QualifiedName,
        referenced_columns: Vec<String>,
        on_update: ReferentialAction,
        on_delete: ReferentialAction,
    ) -> Self {
        Self {
            references,
            referenced_columns,
            on_update,
            on_delete,
        }
    }
}

/// What happens to rows that reference a changed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferentialAction {
    /// The change fails, at the latest at the end.
    NoAction,
    /// The change fails at once.
    Restrict,
    /// They change too.
    Cascade,
    /// Their columns become NULL.
    SetNull,
    /// Their columns become their defaults.
    SetDefault,
}

impl ReferentialAction {
    /// The action by its letter, which is the same in `pg_constraint` and in the grammar's tree.
    pub fn of_letter(letter: &str) -> Self {
        match letter {
            "r" => Self::Restrict,
            "c" => Self::Cascade,
            "n" => Self::SetNull,
            "d" => Self::SetDefault,
            _ => Self::NoAction,
        }
    }
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Index {
    /// Its name, in its relation's schema.
    pub name: String,
    /// As `pg_get_indexdef` writes it.
    pub definition: String,
    /// Its access method, such as `btree`.
    pub method: String,
    /// Its key columns and expressions, in order.
    pub keys: Vec<IndexKey>,
    /// Columns that it carries besides (INCLUDE).
    pub included: Vec<String>,
    /// The condition of a partial index.
    pub predicate: Option<String>,
    /// Whether it refuses equal rows.
    pub is_unique: bool,
    /// Whether two NULLs are equal to it (15 and newer).
    pub is_nulls_not_distinct: bool,
    /// Whether it is the primary key's.
    pub is_primary: bool,
    /// Whether it enforces an exclusion constraint.
    pub is_exclusion: bool,
    /// Whether queries may use it; false remains of a failed CREATE INDEX CONCURRENTLY, and is the
    /// state of a partitioned index that lacks a partition's.
    pub is_valid: bool,
    /// Whether changes of rows maintain it.
    pub is_ready: bool,
    /// False while DROP INDEX CONCURRENTLY removes it.
    pub is_live: bool,
    /// Whether CLUSTER sorts by it.
    pub is_clustered: bool,
    /// The constraint that it enforces.
    pub constraint: Option<String>,
    /// The partitioned index that it is attached to.
    pub parent: Option<QualifiedName>,
    /// The tablespace, when it is not the database's own.
    pub tablespace: Option<String>,
    /// Storage parameters.
    pub options: Options,
    /// Statistics targets of expressions, by position from 1.
    pub statistics: BTreeMap<u16, i16>,
}

impl Index {
    /// A valid B-tree without columns.
    pub fn new(name: &str, definition: &str) -> Self {
        Self {
            name: name.to_owned(),
            definition: definition.to_owned(),
            method: "btree".to_owned(),
            keys: Vec::new(),
            included: Vec::new(),
            predicate: None,
            is_unique: false,
            is_nulls_not_distinct: false,
            is_primary: false,
            is_exclusion: false,
            is_valid: true,
            is_ready: true,
            is_live: true,
            is_clustered: false,
            constraint: None,
            parent: None,
            tablespace: None,
            options: Options::new(),
            statistics: BTreeMap::new(),
        }
    }
}

/// What an index is ordered by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum IndexKey {
    /// A column.
    Column(String),
    /// An expression.
    Expression(String),
}

impl IndexKey {
    /// The column; none for an expression.
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::Column(name) => Some(name),
            Self::Expression(_) => None,
        }
    }
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// As `pg_get_triggerdef` writes it.
    pub definition: String,
    /// When it fires.
    pub state: FiringState,
    /// What it calls.
    pub function: RoutineName,
    /// Whether it fires for each row rather than each statement.
    pub is_row: bool,
    /// Whether it is a constraint trigger.
    pub is_constraint: bool,
    /// Whether it is a partition's copy of its parent's trigger.
    pub is_inherited: bool,
}

impl Trigger {
    /// A trigger of its own that is on.
    pub fn new(name: &str, definition: &str, function: RoutineName) -> Self {
        Self {
            name: name.to_owned(),
            definition: definition.to_owned(),
            state: FiringState::Origin,
            function,
            is_row: false,
            is_constraint: false,
            is_inherited: false,
        }
    }
}

/// When a trigger or a rule fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FiringState {
    /// Unless replication applies the change.
    Origin,
    /// Never.
    Disabled,
    /// Only when replication applies the change.
    Replica,
    /// Always.
    Always,
}

impl FiringState {
    /// The words of ALTER TABLE that put a trigger or rule into the state.
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Origin => "ENABLE",
            Self::Disabled => "DISABLE",
            Self::Replica => "ENABLE REPLICA",
            Self::Always => "ENABLE ALWAYS",
        }
    }
}

/// A rewrite rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// As `pg_get_ruledef` writes it.
    pub definition: String,
    /// When it applies.
    pub state: FiringState,
}

/// A row security policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// ALL, SELECT, INSERT, UPDATE or DELETE.
    pub command: String,
    /// Permissive policies are joined by OR, restrictive ones by AND.
    pub is_permissive: bool,
    /// Roles that it is for, in order; `PUBLIC` is none.
    pub roles: Vec<String>,
    /// Which rows are seen.
    pub using: Option<String>,
    /// Which rows may be written.
    pub check: Option<String>,
}
