//! Types that have a name of their own: enums, composites, domains, ranges, base types.

use super::name::QualifiedName;
use super::relation::{Column, Options};

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Type {
    /// An enum and its labels, in order.
    Enum(Vec<String>),
    /// A composite type and its attributes.
    Composite(Vec<Column>),
    /// A domain.
    Domain(Domain),
    /// A range type.
    Range(Range),
    /// The multirange type of a range type; made with it.
    Multirange {
        /// The range type.
        of: QualifiedName,
    },
    /// A type with input and output functions of its own: the parameters of CREATE TYPE, as SQL.
    Base(Options),
    /// Declared, not yet defined.
    Shell,
}

/// A domain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Domain {
    /// The type below, as `format_type` writes it.
    pub base: String,
    /// The user's type below; none for built-in ones.
    pub user_type: Option<QualifiedName>,
    /// The collation, where it is not the type's own.
    pub collation: Option<QualifiedName>,
    /// The default, if any.
    pub default: Option<String>,
    /// Whether NULL is refused.
    pub is_not_null: bool,
    /// Its constraints by name.
    pub constraints: Vec<DomainConstraint>,
}

impl Domain {
    /// A domain without anything of its own.
    pub fn new(base: &str) -> Self {
        Self {
            base: base.to_owned(),
            user_type: None,
            collation: None,
            default: None,
            is_not_null: false,
            constraints: Vec::new(),
        }
    }
}

/// A constraint of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DomainConstraint {
    /// Its name.
    pub name: String,
    /// As `pg_get_constraintdef` writes it.
    pub definition: String,
    /// Whether it is NOT NULL rather than CHECK (a constraint of its own on 17 and newer only).
    pub is_not_null: bool,
    /// Whether all stored values are known to satisfy it.
    pub is_valid: bool,
}

impl DomainConstraint {
    /// A valid CHECK.
    pub fn new(name: &str, definition: &str) -> Self {
        Self {
            name: name.to_owned(),
            definition: definition.to_owned(),
            is_not_null: false,
            is_valid: true,
        }
    }
}

/// A range type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Range {
    /// The type of its bounds.
    pub subtype: String,
    /// The operator class that sorts them, where it is not the default one.
    pub operator_class: Option<QualifiedName>,
    /// The collation, where it is not the type's own.
    pub collation: Option<QualifiedName>,
    /// The function that makes values canonical.
    pub canonical: Option<String>,
    /// The function that subtracts bounds.
    pub difference: Option<String>,
    /// The name of its multirange type.
    pub multirange: QualifiedName,
}

impl Range {
    /// A range over a type.
    pub fn new(subtype: &str, multirange: QualifiedName) -> Self {
        Self {
            subtype: subtype.to_owned(),
            operator_class: None,
            collation: None,
            canonical: None,
            difference: None,
            multirange,
        }
    }
}
