//! From one catalog to another: the statements that turn a database of the old schema into one of the new.
//!
//! Each object has a fate: it is created, dropped, altered or made anew. Fates spread over `pg_depend`:
//! what depends on something that goes is made anew with it, its comments, privileges and parts too.
//! Then every fate becomes parts of one plan ([`crate::catalog`]'s own, which also writes whole schemas), whose graph
//! of both catalogs' dependencies gives the order. Statements are plain SQL that may lock; the forms that let traffic
//! flow are the rules' business. CASCADE is never written: each object that goes is named.
//!
//! Not compared: the order of columns, whether an inherited column is also a table's own, sizes, and what
//! [`WriteOptions`] leaves out. What cannot be expressed is said ([`Difference::cannot`]).

mod cast;
mod column;
mod emit;
mod fate;
mod gone;
mod kin;
mod not_null;
mod note;
mod object;
mod part;
mod relation;
mod rename;
mod spread;
mod types;

use std::fmt;

use crate::catalog::{Address, Catalog, WriteOptions};

/// What is compared, and what is known besides the two schemas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DiffOptions {
    /// Whether owners and privileges are compared and written.
    pub write: WriteOptions,
    /// Which objects got another name, as declared or confirmed by somebody who knows.
    pub renames: Vec<Rename>,
}

/// An object that got another name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rename {
    /// As it is called in the old schema.
    pub from: Address,
    /// As it is called in the new schema: an address of the same class.
    pub to: Address,
    /// Why this is likely, as a sentence without its full stop; empty where it is declared.
    pub evidence: String,
}

impl Rename {
    /// A declared one.
    pub fn new(from: Address, to: Address) -> Self {
        Self {
            from,
            to,
            evidence: String::new(),
        }
    }
}

/// The way from one schema to another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// Statements in an order that works. They are to run with [`crate::catalog::SETTINGS`].
    pub changes: Vec<Change>,
    /// What no statement here expresses.
    pub cannot: Vec<Cannot>,
    /// Pairs of a dropped and a created object that may be one object with another name.
    pub rename_candidates: Vec<Rename>,
}

impl Difference {
    /// Whether the schemas are the same.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.cannot.is_empty()
    }
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// What it changes.
    pub object: Address,
    /// How.
    pub action: Action,
    /// The statement, without its semicolon.
    pub sql: String,
    /// Which data goes away, or may be refused, as a sentence without its full stop.
    pub loses: Option<String>,
    /// The object that is the only reason why this one goes and comes back.
    pub because: Option<Address>,
    /// What else is worth knowing, as a sentence without its full stop.
    pub remark: Option<String>,
}

/// What a statement does to its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed where it is.
    Alter,
    /// It is dropped and made again: this is one statement of these.
    Replace,
    /// It is dropped.
    Drop,
    /// It gets another name.
    Rename,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Alter => "alter",
            Self::Replace => "replace",
            Self::Drop => "drop",
            Self::Rename => "rename",
        })
    }
}

/// A difference that no statement here expresses.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cannot {
    /// What differs; none where the model has no place for it.
    pub object: Option<Address>,
    /// What about it, as a sentence without its full stop.
    pub why: String,
}

/// Compares two schemas.
///
/// ```
/// use windlass_compiler::catalog::Catalog;
/// use windlass_compiler::diff::{DiffOptions, diff};
/// let empty = Catalog::empty(150_018);
/// assert!(diff(&empty, &empty, &DiffOptions::default()).is_empty());
/// ```
pub fn diff(old: &Catalog, new: &Catalog, options: &DiffOptions) -> Difference {
    let renamed = rename::apply(old, new, options);
    let before = renamed.as_ref().map_or(old, |renamed| &renamed.catalog);
    let parts = rename::parts(before, new);
    let before = parts.as_ref().map_or(before, |(catalog, _)| catalog);
    let mut difference = emit::difference(before, new, options);
    difference.rename_candidates = rename::candidates(before, new);
    if let Some((_, changes)) = parts {
        difference.changes.splice(0..0, changes);
    }
    if let Some(renamed) = renamed {
        difference.changes.splice(0..0, renamed.changes);
        difference.cannot.splice(0..0, renamed.cannot);
    }
    difference
}
