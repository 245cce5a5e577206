//! A foreign key of another type than its key.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::{Constrains, ConstraintDetails, RelationName, Statement, TypeName};

pub(super) static RULE: Rule = Rule {
    id: "foreign-key-type-mismatch",
    severity: Severity::Warning,
    section: Section::Constraints,
    why: "A foreign key of a narrower type than its key fails once the key's numbers outgrow it, and comparisons of different types \
          may not use an index.",
    unsafe_sql: "CREATE TABLE refunds (id bigint PRIMARY KEY, order_id integer REFERENCES orders);",
    safe_sql: "CREATE TABLE refunds (id bigint PRIMARY KEY, order_id bigint REFERENCES orders);",
    harm: Harm::Later("It fails when the key outgrows the foreign key."),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    for (relation, column, constraint) in keys(case) {
        let other = constraint.references.as_ref()?;
        let pairs: Vec<(String, Option<String>)> = match &column {
            Some((name, _)) => vec![(name.clone(), constraint.referenced_columns.first().cloned())],
            None => constraint
                .columns
                .iter()
                .enumerate()
                .map(|(at, own)| (own.clone(), constraint.referenced_columns.get(at).cloned()))
                .collect(),
        };
        for (at, (own, theirs)) in pairs.iter().enumerate() {
            let own_type = match &column {
                Some((_, of)) => Some(of.clone()),
                None => own_column(case, own).or_else(|| case.type_of(&relation, own)),
            };
            let theirs = match theirs {
                Some(name) => Some(name.clone()),
                None => case.primary_key(other).and_then(|key| key.get(at).cloned()),
            };
            let their_type = theirs.as_ref().and_then(|name| case.type_of(other, name));
            if let (Some(own_type), Some(their_type)) = (own_type, their_type) {
                let (mine, its) = (plain(&own_type), plain(&their_type));
                if mine != its {
                    let message = format!(
                        "{own} is of type {mine}, the key {other}.{} of type {its}",
                        theirs.unwrap_or_default()
                    );
                    return Some(case.finding(&RULE, message).help("use the key's type"));
                }
            }
        }
    }
    None
}

type Key<'a> = (RelationName, Option<(String, TypeName)>, &'a ConstraintDetails);

/// The foreign keys that the statement makes, with their column where it is made too.
fn keys<'a>(case: &'a Case) -> Vec<Key<'a>> {
    let mut keys: Vec<Key> = Vec::new();
    let is_key = |known: &&ConstraintDetails| known.kind == Constrains::ForeignKey;
    match &*case.statement {
        Statement::CreateTable { relation, .. } => {
            for column in &case.details.columns {
                let of = Some((column.name.clone(), column.data_type.clone()));
                keys.extend(
                    column
                        .constraints
                        .iter()
                        .filter(is_key)
                        .map(|known| (relation.clone(), of.clone(), known)),
                );
            }
            keys.extend(
                case.details
                    .constraints
                    .iter()
                    .filter(is_key)
                    .map(|known| (relation.clone(), None, known)),
            );
        }
        _ => {
            let Some((relation, _, written)) = case.alter() else {
                return keys;
            };
            if let Some(column) = &written.column {
                let of = Some((column.name.clone(), column.data_type.clone()));
                keys.extend(
                    column
                        .constraints
                        .iter()
                        .filter(is_key)
                        .map(|known| (relation.clone(), of.clone(), known)),
                );
            }
            keys.extend(
                written
                    .constraint
                    .iter()
                    .filter(is_key)
                    .map(|known| (relation.clone(), None, known)),
            );
        }
    }
    keys
}

fn own_column(case: &Case, name: &str) -> Option<TypeName> {
    let column = case.details.columns.iter().find(|column| column.name == name)?;
    Some(column.data_type.clone())
}

/// The type without lengths; serials are whole numbers, and text types are one.
fn plain(of: &TypeName) -> String {
    let name = of.words.last().map_or("", String::as_str);
    match name {
        "bigserial" | "serial8" => "int8".to_owned(),
        "serial" | "serial4" => "int4".to_owned(),
        "smallserial" | "serial2" => "int2".to_owned(),
        "varchar" => "text".to_owned(),
        _ => name.to_owned(),
    }
}
