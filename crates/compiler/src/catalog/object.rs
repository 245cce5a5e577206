//! What there is besides relations, types and routines: operators, text search, foreign servers,
//! publications and the like. An object's class and name are its [`Address`](super::Address).
//!
//! Functions, operators and types are named here as PostgreSQL writes them with an empty search path.

use std::collections::BTreeMap;

use super::name::QualifiedName;
use super::privilege::Privileges;
use super::relation::{FiringState, Options};

/// An object of a class that has neither columns nor arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Object {
    /// A collation, an operator, a text search parser or a template: the parameters of its CREATE
    /// statement, as SQL; an empty value is a bare word.
    Parameters(Options),
    /// An access method.
    AccessMethod(AccessMethod),
    /// A procedural language.
    Language(Language),
    /// A conversion between encodings.
    Conversion(Conversion),
    /// An operator family: what belongs to it and to none of its classes.
    OperatorFamily(Vec<Member>),
    /// An operator class.
    OperatorClass(OperatorClass),
    /// A cast.
    Cast(Cast),
    /// A transform.
    Transform(Transform),
    /// A text search dictionary.
    TextSearchDictionary(TextSearchDictionary),
    /// A text search configuration.
    TextSearchConfiguration(TextSearchConfiguration),
    /// A foreign-data wrapper.
    ForeignDataWrapper(ForeignDataWrapper),
    /// A foreign server.
    Server(Server),
    /// Options of a user on a foreign server.
    UserMapping(Options),
    /// Extended statistics.
    Statistics(Statistics),
    /// An event trigger.
    EventTrigger(EventTrigger),
    /// A publication.
    Publication(Publication),
    /// A subscription.
    Subscription(Subscription),
    /// Default privileges.
    DefaultPrivileges(Privileges),
}

/// An access method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessMethod {
    /// For tables, rather than for indexes.
    pub is_for_tables: bool,
    /// Its handler function.
    pub handler: String,
}

/// A procedural language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language {
    /// Whether everybody may write functions in it.
    pub is_trusted: bool,
    /// The function that runs functions; none for a language that only names one.
    pub handler: Option<String>,
    /// The function that runs DO.
    pub inline: Option<String>,
    /// The function that checks functions.
    pub validator: Option<String>,
}

/// A conversion between encodings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    /// From this encoding.
    pub from: String,
    /// To this one.
    pub to: String,
    /// By this function.
    pub function: String,
    /// Whether the server chooses it by itself.
    pub is_default: bool,
}

/// An operator or function of an operator class or family, as CREATE OPERATOR CLASS lists it:
/// `OPERATOR 1 public.< (integer, integer)`.
pub type Member = String;

/// An operator class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorClass {
    /// The type that it indexes.
    pub data_type: String,
    /// Whether it is the type's own.
    pub is_default: bool,
    /// Its family, of the same access method.
    pub family: QualifiedName,
    /// The type that is stored, where it is another.
    pub storage: Option<String>,
    /// What it is made of.
    pub members: Vec<Member>,
}

/// A cast from one type to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cast {
    /// How: `WITH FUNCTION …`, `WITH INOUT` or `WITHOUT FUNCTION`.
    pub method: String,
    /// Where it applies by itself.
    pub context: CastContext,
}

/// Where a cast applies by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CastContext {
    /// Nowhere: it must be written.
    Explicit,
    /// Where a value is assigned.
    Assignment,
    /// Everywhere.
    Implicit,
}

/// How values of a type go to a language and back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transform {
    /// The function and its arguments on the way there.
    pub from_sql: Option<String>,
    /// On the way back.
    pub to_sql: Option<String>,
}

/// A text search dictionary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextSearchDictionary {
    /// Its template.
    pub template: QualifiedName,
    /// Its options, as SQL.
    pub options: Option<String>,
}

/// A text search configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextSearchConfiguration {
    /// Its parser.
    pub parser: QualifiedName,
    /// Dictionaries of each kind of token, in order.
    pub mappings: BTreeMap<String, Vec<QualifiedName>>,
}

/// A foreign-data wrapper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignDataWrapper {
    /// Its handler function.
    pub handler: Option<String>,
    /// The function that checks options.
    pub validator: Option<String>,
    /// Options.
    pub options: Options,
}

/// A foreign server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its wrapper.
    pub wrapper: String,
    /// What kind of server it is, for the wrapper.
    pub kind: Option<String>,
    /// The server's version, for the wrapper.
    pub version: Option<String>,
    /// Options.
    pub options: Options,
}

/// Extended statistics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statistics {
    /// The relation that they are about.
    pub relation: QualifiedName,
    /// As `pg_get_statisticsobjdef` writes them.
    pub definition: String,
    /// The statistics target, where it is set.
    pub target: Option<i16>,
}

/// An event trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventTrigger {
    /// On what: `ddl_command_start` …
    pub event: String,
    /// For which commands; all, where there is none.
    pub tags: Vec<String>,
    /// What it calls.
    pub function: String,
    /// When it fires.
    pub state: FiringState,
}

/// A publication.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Publication {
    /// What it publishes.
    pub content: Published,
    /// Which changes: `insert`, `update`, `delete`, `truncate`.
    pub operations: Vec<String>,
    /// Whether partitions' changes are published as those of their root.
    pub via_root: bool,
    /// Whether stored generated columns are published (18 and newer).
    pub generated_columns: bool,
}

impl Publication {
    /// A publication of all operations on some content.
    pub fn new(content: Published) -> Self {
        Self {
            content,
            operations: ["insert", "update", "delete", "truncate"]
                .map(str::to_owned)
                .to_vec(),
            via_root: false,
            generated_columns: false,
        }
    }
}

/// What a publication publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// All tables, future ones too.
    AllTables,
    /// Tables, and all tables of schemas.
    Some {
        /// Tables by name.
        tables: BTreeMap<QualifiedName, PublishedTable>,
        /// Schemas (15 and newer), in order.
        schemas: Vec<String>,
    },
}

/// What is published of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublishedTable {
    /// These columns; all, where there is none.
    pub columns: Vec<String>,
    /// Which rows.
    pub condition: Option<String>,
}

/// A subscription. Whether it is enabled is no property of a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// How to connect to the publisher; none where it may not be seen.
    pub connection: Option<String>,
    /// Publications, in order.
    pub publications: Vec<String>,
    /// Other parameters of CREATE SUBSCRIPTION that are not the usual ones.
    pub parameters: Options,
}
