//! Sequences, tables, views and their parts.

mod part;
mod sequence;
mod table;
mod view;

use std::fmt::Write as _;

use self::part::write_parts;
pub(crate) use self::part::{
    index_settings, write_attachment, write_constraint, write_index, write_policy, write_rule, write_trigger,
};
pub(crate) use self::sequence::write_sequence;
use self::table::write_table;
pub(crate) use self::table::{identity_clause, unwrapped};
pub(crate) use self::view::stand_in;
use self::view::{write_materialized, write_view};
use super::order::{Key, Plan, Stage};
use crate::catalog::{Address, Catalog, Options, Persistence, QualifiedName, Relation, RelationKind};
use crate::sql::{quote_identifier, quote_literal};

/// Writes all relations with their parts.
pub(crate) fn write(catalog: &Catalog, plan: &mut Plan) {
    for (name, relation) in &catalog.relations {
        write_relation(catalog, name, relation, plan);
    }
}

/// Writes a relation with its parts.
pub(crate) fn write_relation(catalog: &Catalog, name: &QualifiedName, relation: &Relation, plan: &mut Plan) {
    match &relation.kind {
        RelationKind::Sequence(sequence) => write_sequence(catalog, name, relation, sequence, plan),
        RelationKind::View(query) => write_view(name, relation, query, plan),
        RelationKind::MaterializedView(view) => write_materialized(catalog, name, relation, view, plan),
        RelationKind::Table | RelationKind::PartitionedTable(_) | RelationKind::ForeignTable(_) => {
            write_table(catalog, name, relation, plan);
        }
    }
    write_parts(catalog, name, relation, plan);
}

/// `(name='value', …)`, or nothing.
pub(crate) fn with(options: &Options, prefix: &str) -> String {
    options
        .iter()
        .map(|(name, value)| format!("{prefix}{}={}", quote_identifier(name), quote_literal(value)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `OPTIONS (name 'value', …)` for foreign data, with a space before; or nothing.
pub(crate) fn foreign_options(options: &Options) -> String {
    if options.is_empty() {
        return String::new();
    }
    let options: Vec<String> = options
        .iter()
        .map(|(name, value)| format!("{} {}", quote_identifier(name), quote_literal(value)))
        .collect();
    format!(" OPTIONS ({})", options.join(", "))
}

pub(crate) fn unlogged(relation: &Relation) -> &'static str {
    match relation.persistence {
        Persistence::Permanent => "",
        Persistence::Unlogged => "UNLOGGED ",
    }
}

/// What follows the columns: access method, parameters, tablespace.
pub(crate) fn storage(relation: &Relation) -> String {
    let mut text = String::new();
    if let Some(method) = &relation.access_method
        && method != "heap"
    {
        let _ = write!(text, " USING {}", quote_identifier(method));
    }
    let mut options = vec![
        with(&relation.options, ""),
        with(&relation.toast_options, "toast."),
    ];
    options.retain(|options| !options.is_empty());
    if !options.is_empty() {
        let _ = write!(text, " WITH ({})", options.join(", "));
    }
    if let Some(tablespace) = &relation.tablespace {
        let _ = write!(text, " TABLESPACE {}", quote_identifier(tablespace));
    }
    text
}

pub(crate) fn schema_of(name: &QualifiedName) -> Key {
    (Address::Schema(name.schema.clone()), Stage::Create)
}
