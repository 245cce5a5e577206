//! Constraints: added where no row is read, proved afterwards.

use crate::catalog::{not_null_name, object_name};
use crate::rules::Safe;
use crate::rules::case::Case;
use crate::sql::{self, AlterKind, Constrains, ConstraintDetails, RelationName, quote_identifier as quote};

/// ADD CONSTRAINT of any kind.
pub(in crate::rules) fn constraint(case: &Case) -> Option<Vec<Safe>> {
    let (relation, _, written) = case.alter()?;
    let constraint = written.constraint.as_ref()?;
    let own = case.command_text()?;
    match constraint.kind {
        Constrains::Check | Constrains::ForeignKey => {
            let name = constraint_name(case, relation, constraint, None);
            let own = match &constraint.name {
                Some(_) => own.to_owned(),
                None => sql::inserted_behind(own, &["add"], &format!("CONSTRAINT {}", quote(&name)))?,
            };
            let head = case.head()?;
            Some(vec![
                Safe::new(format!("{head} {own} NOT VALID")),
                Safe::new(format!("{head} VALIDATE CONSTRAINT {}", quote(&name))),
            ])
        }
        Constrains::Unique | Constrains::PrimaryKey => {
            unique(case, relation, constraint, &constraint.columns)
        }
        _ => None,
    }
}

/// The name that a constraint has, or that PostgreSQL would give to it.
pub(super) fn constraint_name(
    case: &Case,
    relation: &RelationName,
    constraint: &ConstraintDetails,
    column: Option<&str>,
) -> String {
    if let Some(name) = &constraint.name {
        return name.clone();
    }
    let own = || match column {
        Some(column) => column.to_owned(),
        None => constraint.columns.join("_"),
    };
    let (columns, label) = match constraint.kind {
        // PostgreSQL names a check by its column where it reads only one.
        Constrains::Check => match constraint.reads.as_slice() {
            [one] => (one.clone(), "check"),
            _ => (String::new(), "check"),
        },
        Constrains::ForeignKey => (own(), "fkey"),
        Constrains::PrimaryKey => (String::new(), "pkey"),
        _ => {
            let carried = constraint.included.iter();
            let parts: Vec<String> = std::iter::once(own()).chain(carried.cloned()).collect();
            (parts.join("_"), "key")
        }
    };
    case.free_name(relation, |number| {
        object_name(&relation.name, &columns, &format!("{label}{number}"))
    })
}

/// A unique index that is built concurrently, and a constraint that takes it over.
pub(super) fn unique(
    case: &Case,
    relation: &RelationName,
    constraint: &ConstraintDetails,
    columns: &[String],
) -> Option<Vec<Safe>> {
    if constraint.has_extras
        || case.is_partitioned(relation) == Some(true)
        || sql::has_words(case.head()?, &["if"])
    {
        return None;
    }
    let first = columns
        .first()
        .map(String::as_str)
        .filter(|_| columns.len() == 1 && constraint.columns.is_empty());
    let name = constraint_name(case, relation, constraint, first);
    let list = |columns: &[String]| {
        columns
            .iter()
            .map(|column| quote(column))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut index = format!(
        "CREATE UNIQUE INDEX CONCURRENTLY {} ON {relation} ({})",
        quote(&name),
        list(columns)
    );
    if !constraint.included.is_empty() {
        index.push_str(&format!(" INCLUDE ({})", list(&constraint.included)));
    }
    if constraint.nulls_not_distinct {
        index.push_str(" NULLS NOT DISTINCT");
    }
    let is_key = constraint.kind == Constrains::PrimaryKey;
    let kind = if is_key { "PRIMARY KEY" } else { "UNIQUE" };
    let mut add = format!(
        "{} ADD CONSTRAINT {} {kind} USING INDEX {}",
        case.head()?,
        quote(&name),
        quote(&name)
    );
    if constraint.is_deferrable {
        add.push_str(" DEFERRABLE");
    }
    if constraint.is_deferred {
        add.push_str(" INITIALLY DEFERRED");
    }
    let mut safe = vec![Safe::new(index)];
    let nullable: Vec<String> = match is_key {
        true => columns
            .iter()
            .filter(|column| !case.is_proved_not_null(relation, column))
            .cloned()
            .collect(),
        false => Vec::new(),
    };
    with_proof(case, relation, &nullable, Safe::new(add), &mut safe)?;
    Some(safe)
}

/// `then`, between checks that prove the columns not NULL and the drop of these checks.
fn with_proof(
    case: &Case,
    relation: &RelationName,
    columns: &[String],
    then: Safe,
    safe: &mut Vec<Safe>,
) -> Option<()> {
    let head = case.head()?;
    let names: Vec<String> = columns
        .iter()
        .map(|column| {
            quote(&case.free_name(relation, |number| {
                object_name(&relation.name, column, &format!("windlass{number}"))
            }))
        })
        .collect();
    for (name, column) in names.iter().zip(columns) {
        safe.push(Safe::new(format!(
            "{head} ADD CONSTRAINT {name} CHECK ({} IS NOT NULL) NOT VALID",
            quote(column)
        )));
        safe.push(Safe::new(format!("{head} VALIDATE CONSTRAINT {name}")));
    }
    safe.push(then);
    for name in names {
        safe.push(Safe::new(format!("{head} DROP CONSTRAINT {name}")));
    }
    Some(())
}

/// PRIMARY KEY USING INDEX, behind proofs that its columns are not NULL.
pub(in crate::rules) fn primary_key_using(case: &Case, columns: Option<Vec<String>>) -> Option<Vec<Safe>> {
    let (relation, ..) = case.alter()?;
    let nullable: Vec<String> = columns?
        .into_iter()
        .filter(|column| !case.is_proved_not_null(relation, column))
        .collect();
    let then = Safe::new(format!("{} {}", case.head()?, case.command_text()?));
    let mut safe = Vec::new();
    with_proof(case, relation, &nullable, then, &mut safe)?;
    Some(safe)
}

/// SET NOT NULL → check, validate, set, drop; the native form on 18 and newer.
pub(in crate::rules) fn not_null(case: &Case) -> Option<Vec<Safe>> {
    let (relation, command, written) = case.alter()?;
    let head = case.head()?;
    if let AlterKind::AddConstraint(_) = command.kind {
        let constraint = written.constraint.as_ref()?;
        let column = constraint.columns.first()?;
        let name = constraint
            .name
            .clone()
            .unwrap_or_else(|| not_null_name(&relation.name, Some(column)));
        let own = match &constraint.name {
            Some(_) => case.command_text()?.to_owned(),
            None => sql::inserted_behind(
                case.command_text()?,
                &["add"],
                &format!("CONSTRAINT {}", quote(&name)),
            )?,
        };
        return Some(vec![
            Safe::new(format!("{head} {own} NOT VALID")),
            Safe::new(format!("{head} VALIDATE CONSTRAINT {}", quote(&name))),
        ]);
    }
    let column = command.name.as_deref()?;
    let mut safe = Vec::new();
    set_not_null(case, relation, column, &mut safe)?;
    Some(safe)
}

pub(super) fn set_not_null(
    case: &Case,
    relation: &RelationName,
    column: &str,
    safe: &mut Vec<Safe>,
) -> Option<()> {
    let head = case.head()?;
    if case.major().is_some_and(|major| major >= 18) {
        let name = quote(&case.free_name(relation, |number| match number {
            "" => not_null_name(&relation.name, Some(column)),
            number => object_name(&relation.name, column, &format!("not_null{number}")),
        }));
        safe.push(Safe::new(format!(
            "{head} ADD CONSTRAINT {name} NOT NULL {} NOT VALID",
            quote(column)
        )));
        safe.push(Safe::new(format!("{head} VALIDATE CONSTRAINT {name}")));
        return Some(());
    }
    let then = Safe::new(format!("{head} ALTER COLUMN {} SET NOT NULL", quote(column)));
    with_proof(case, relation, &[column.to_owned()], then, safe)
}
