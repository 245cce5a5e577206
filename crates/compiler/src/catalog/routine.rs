//! Functions, procedures and aggregates.

use super::relation::Options;

/// A function, procedure or aggregate.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Routine {
    /// What it is, and how it is made.
    pub kind: RoutineKind,
    /// Its arguments as ALTER and COMMENT take them: with modes, where input types alone could be another's.
    pub identity: String,
    /// The language that it is written in.
    pub language: String,
    /// The type that it returns; none for a procedure.
    pub returns: Option<String>,
    /// Whether it returns rows.
    pub returns_set: bool,
    /// What its result depends on.
    pub volatility: Volatility,
    /// Whether it returns NULL for any NULL without being called.
    pub is_strict: bool,
    /// Whether it runs with its owner's rights.
    pub is_security_definer: bool,
}

impl Routine {
    /// A volatile routine that returns nothing.
    pub fn new(kind: RoutineKind, language: &str) -> Self {
        Self {
            kind,
            identity: String::new(),
            language: language.to_owned(),
            returns: None,
            returns_set: false,
            volatility: Volatility::Volatile,
            is_strict: false,
            is_security_definer: false,
        }
    }
}

/// What a routine is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoutineKind {
    /// A function; the text is what `pg_get_functiondef` writes.
    Function(String),
    /// A window function.
    Window(String),
    /// A procedure.
    Procedure(String),
    /// An aggregate.
    Aggregate(Aggregate),
}

impl RoutineKind {
    /// The kind as SQL writes it.
    pub fn keyword(&self) -> &'static str {
        match self {
            Self::Function(_) | Self::Window(_) => "FUNCTION",
            Self::Procedure(_) => "PROCEDURE",
            Self::Aggregate(_) => "AGGREGATE",
        }
    }
}

/// An aggregate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregate {
    /// Its arguments as CREATE AGGREGATE takes them; empty for `*`.
    pub signature: String,
    /// The other parameters of CREATE AGGREGATE, as SQL; empty for those that have no value.
    pub parameters: Options,
}

/// What a routine's result depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volatility {
    /// Its arguments alone.
    Immutable,
    /// Also the database, as of the statement's begin.
    Stable,
    /// Anything; and it may change the database.
    Volatile,
}
