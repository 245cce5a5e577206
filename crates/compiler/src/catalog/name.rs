//! How objects are addressed: by class and identity, never by oid.

use std::fmt;

use super::privilege::ObjectKind;
use crate::sql::{RelationName, quote_identifier};

/// The name of an object that lives in a schema.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QualifiedName {
    /// Its schema, not quoted.
    pub schema: String,
    /// Its own name, not quoted.
    pub name: String,
}

impl QualifiedName {
    /// A name of its parts, not quoted.
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            schema: schema.into(),
            name: name.into(),
        }
    }

    /// Another object of the same schema.
    #[must_use]
    pub fn beside(&self, name: &str) -> Self {
        Self::new(self.schema.clone(), name)
    }
}

impl fmt::Display for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{}",
            quote_identifier(&self.schema),
            quote_identifier(&self.name)
        )
    }
}

impl From<&QualifiedName> for RelationName {
    fn from(name: &QualifiedName) -> Self {
        Self::new(Some(&name.schema), &name.name)
    }
}

/// The name that PostgreSQL gives to a NOT NULL constraint, of a column or (without one) of a domain,
/// when nobody else has it.
pub fn not_null_name(of: &str, column: Option<&str>) -> String {
    object_name(of, column.unwrap_or_default(), "not_null")
}

/// The name that PostgreSQL makes of a relation, perhaps columns, and a label: both parts are cut as
/// `makeObjectName` cuts them, to 63 bytes in all.
pub fn object_name(of: &str, columns: &str, label: &str) -> String {
    let separator = if columns.is_empty() { "" } else { "_" };
    let room = 62_usize.saturating_sub(label.len() + separator.len());
    let (mut first, mut second) = (of.len(), columns.len());
    while first + second > room {
        if first > second { first -= 1 } else { second -= 1 }
    }
    let clip = |text: &str, most: usize| {
        let end = (0..=most).rev().find(|&at| text.is_char_boundary(at));
        text[..end.unwrap_or_default()].to_owned()
    };
    format!("{}{separator}{}_{label}", clip(of, first), clip(columns, second))
}

/// A function, procedure or aggregate: overloads differ by their arguments.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoutineName {
    /// Schema and name.
    pub name: QualifiedName,
    /// Types of the input arguments as PostgreSQL writes them, such as `integer, public.mood`.
    pub arguments: String,
}

impl fmt::Display for RoutineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name, self.arguments)
    }
}

/// Which object: its class, and what tells it from others of the class.
///
/// Parts of a relation (columns, constraints, triggers, rules, policies) are addressed through it.
/// The order of addresses has no meaning but to be stable.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Address {
    /// A schema.
    Schema(String),
    /// An extension, and whatever belongs to one.
    Extension(String),
    /// An access method.
    AccessMethod(String),
    /// A procedural language.
    Language(String),
    /// A collation.
    Collation(QualifiedName),
    /// A conversion between encodings.
    Conversion(QualifiedName),
    /// A type of any kind, but not the row type of a table.
    Type(QualifiedName),
    /// A constraint of a domain.
    DomainConstraint(QualifiedName, String),
    /// A function, procedure or aggregate.
    Routine(RoutineName),
    /// An operator; a missing operand is `NONE`.
    Operator(QualifiedName, String, String),
    /// An operator family and its access method.
    OperatorFamily(QualifiedName, String),
    /// An operator class and its access method.
    OperatorClass(QualifiedName, String),
    /// A cast from one type to another.
    Cast(String, String),
    /// A transform of a type for a language.
    Transform(String, String),
    /// A text search parser.
    TextSearchParser(QualifiedName),
    /// A text search template.
    TextSearchTemplate(QualifiedName),
    /// A text search dictionary.
    TextSearchDictionary(QualifiedName),
    /// A text search configuration.
    TextSearchConfiguration(QualifiedName),
    /// A foreign-data wrapper.
    ForeignDataWrapper(String),
    /// A foreign server.
    Server(String),
    /// A user's mapping on a server; the user may be `PUBLIC`.
    UserMapping(String, String),
    /// A table, view, materialised view, sequence or foreign table.
    Relation(QualifiedName),
    /// A column of a relation, or an attribute of a composite type.
    Column(QualifiedName, String),
    /// The default or generation expression of a column.
    Default(QualifiedName, String),
    /// A constraint of a relation.
    Constraint(QualifiedName, String),
    /// An index.
    Index(QualifiedName),
    /// Extended statistics.
    Statistics(QualifiedName),
    /// A trigger of a relation.
    Trigger(QualifiedName, String),
    /// A rewrite rule of a relation.
    Rule(QualifiedName, String),
    /// A row security policy of a relation.
    Policy(QualifiedName, String),
    /// An event trigger.
    EventTrigger(String),
    /// A publication.
    Publication(String),
    /// A subscription.
    Subscription(String),
    /// Default privileges of a role for what it creates, anywhere or in a schema.
    DefaultPrivileges(String, Option<String>, ObjectKind),
}

impl Address {
    /// The relation (or composite type, or domain) that the object is a part of.
    pub fn relation(&self) -> Option<&QualifiedName> {
        match self {
            Self::Column(of, _)
            | Self::Default(of, _)
            | Self::Constraint(of, _)
            | Self::DomainConstraint(of, _)
            | Self::Trigger(of, _)
            | Self::Rule(of, _)
            | Self::Policy(of, _) => Some(of),
            _ => None,
        }
    }

    /// The schema that the object, or what it is a part of, lives in.
    pub fn schema(&self) -> Option<&str> {
        match self {
            Self::Collation(name)
            | Self::Conversion(name)
            | Self::Type(name)
            | Self::Operator(name, ..)
            | Self::OperatorFamily(name, _)
            | Self::OperatorClass(name, _)
            | Self::TextSearchParser(name)
            | Self::TextSearchTemplate(name)
            | Self::TextSearchDictionary(name)
            | Self::TextSearchConfiguration(name)
            | Self::Relation(name)
            | Self::Index(name)
            | Self::Statistics(name) => Some(&name.schema),
            Self::Routine(routine) => Some(&routine.name.schema),
            Self::DefaultPrivileges(_, schema, _) => schema.as_deref(),
            _ => self.relation().map(|of| of.schema.as_str()),
        }
    }

    /// What people call the class, such as `text search dictionary`.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Schema(_) => "schema",
            Self::Extension(_) => "extension",
            Self::AccessMethod(_) => "access method",
            Self::Language(_) => "language",
            Self::Collation(_) => "collation",
            Self::Conversion(_) => "conversion",
            Self::Type(_) => "type",
            Self::DomainConstraint(..) => "domain constraint",
            Self::Routine(_) => "routine",
            Self::Operator(..) => "operator",
            Self::OperatorFamily(..) => "operator family",
            Self::OperatorClass(..) => "operator class",
            Self::Cast(..) => "cast",
            Self::Transform(..) => "transform",
            Self::TextSearchParser(_) => "text search parser",
            Self::TextSearchTemplate(_) => "text search template",
            Self::TextSearchDictionary(_) => "text search dictionary",
            Self::TextSearchConfiguration(_) => "text search configuration",
            Self::ForeignDataWrapper(_) => "foreign-data wrapper",
            Self::Server(_) => "server",
            Self::UserMapping(..) => "user mapping",
            Self::Relation(_) => "relation",
            Self::Column(..) => "column",
            Self::Default(..) => "default value",
            Self::Constraint(..) => "constraint",
            Self::Index(_) => "index",
            Self::Statistics(_) => "statistics object",
            Self::Trigger(..) => "trigger",
            Self::Rule(..) => "rule",
            Self::Policy(..) => "policy",
            Self::EventTrigger(_) => "event trigger",
            Self::Publication(_) => "publication",
            Self::Subscription(_) => "subscription",
            Self::DefaultPrivileges(..) => "default privileges",
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = self.class();
        match self {
            Self::Schema(name)
            | Self::Extension(name)
            | Self::AccessMethod(name)
            | Self::Language(name)
            | Self::ForeignDataWrapper(name)
            | Self::Server(name)
            | Self::EventTrigger(name)
            | Self::Publication(name)
            | Self::Subscription(name) => write!(f, "{class} {}", quote_identifier(name)),
            Self::Collation(name)
            | Self::Conversion(name)
            | Self::Type(name)
            | Self::TextSearchParser(name)
            | Self::TextSearchTemplate(name)
            | Self::TextSearchDictionary(name)
            | Self::TextSearchConfiguration(name)
            | Self::Relation(name)
            | Self::Index(name)
            | Self::Statistics(name) => write!(f, "{class} {name}"),
            Self::Routine(routine) => write!(f, "{class} {routine}"),
            Self::Operator(name, left, right) => {
                write!(
                    f,
                    "{class} {}.{} ({left}, {right})",
                    quote_identifier(&name.schema),
                    name.name
                )
            }
            Self::OperatorFamily(name, method) | Self::OperatorClass(name, method) => {
                write!(f, "{class} {name} for {}", quote_identifier(method))
            }
            Self::Cast(from, to) => write!(f, "{class} ({from} AS {to})"),
            Self::Transform(of, language) => {
                write!(f, "{class} of {of} for {}", quote_identifier(language))
            }
            Self::UserMapping(server, user) => {
                write!(
                    f,
                    "{class} of {} on {}",
                    quote_identifier(user),
                    quote_identifier(server)
                )
            }
            Self::DefaultPrivileges(role, schema, kind) => {
                write!(f, "{class} of {} for {}", quote_identifier(role), kind.keyword())?;
                match schema {
                    Some(schema) => write!(f, " in schema {}", quote_identifier(schema)),
                    None => Ok(()),
                }
            }
            Self::Column(of, part) => write!(f, "{class} {of}.{}", quote_identifier(part)),
            Self::Default(of, part) => write!(f, "{class} of {of}.{}", quote_identifier(part)),
            Self::DomainConstraint(of, part)
            | Self::Constraint(of, part)
            | Self::Trigger(of, part)
            | Self::Rule(of, part)
            | Self::Policy(of, part) => write!(f, "{class} {} on {of}", quote_identifier(part)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_not_null_constraints_are_cut_as_postgresql_cuts_them() {
        assert_eq!(not_null_name("t", Some("a")), "t_a_not_null");
        assert_eq!(not_null_name("d", None), "d_not_null");
        let long = "x".repeat(60);
        assert_eq!(
            not_null_name(&long, Some("b")),
            format!("{}_b_not_null", "x".repeat(52))
        );
        assert_eq!(
            not_null_name(&long, Some(&"y".repeat(60))),
            format!("{}_{}_not_null", "x".repeat(27), "y".repeat(26))
        );
    }
}
