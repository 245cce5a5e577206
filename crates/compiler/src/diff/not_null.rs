//! NOT NULL, which newer servers keep as constraints: what counts is that a column has it, and the name where somebody
//! chose one.

use crate::catalog::{Constraint, ConstraintKind, Domain, QualifiedName, Relation, not_null_name};
use crate::sql::quote_identifier;

/// Whether it says no more than NOT NULL on a column does. Those that are not valid, or not inherited, are
/// constraints in their own right.
pub(super) fn is_plain(constraint: &Constraint) -> bool {
    constraint.kind == ConstraintKind::NotNull && constraint.is_valid && !constraint.is_no_inherit
}

/// The NOT NULL constraint of a column that has a name of its own, or more to say.
pub(super) fn of_column<'a>(relation: &'a Relation, column: &str) -> Option<&'a Constraint> {
    let mut constraints = relation.constraints.iter();
    constraints.find(|found| found.kind == ConstraintKind::NotNull && found.columns == [column])
}

/// Whether somebody chose the name: servers give names that end so, perhaps with a number, and keep them when tables
/// are renamed.
fn is_chosen(name: &str) -> bool {
    !name
        .trim_end_matches(|letter: char| letter.is_ascii_digit())
        .ends_with("_not_null")
}

/// The names between which a column's constraint is to be renamed; none where nobody chose one.
pub(super) fn rename(
    table: &QualifiedName,
    one: &Relation,
    other: &Relation,
    column: &str,
) -> Option<(String, String)> {
    let (before, after) = (of_column(one, column), of_column(other, column));
    let is_inherited = |found: Option<&Constraint>| {
        found.map_or_else(|| false, |found| !found.is_local || found.inheritance_count > 0)
    };
    if is_inherited(before) || is_inherited(after) {
        return None;
    }
    let name = |found: Option<&Constraint>| {
        found.map_or_else(
            || not_null_name(&table.name, Some(column)),
            |found| found.name.clone(),
        )
    };
    let (from, to) = (name(before), name(after));
    (from != to && (is_chosen(&from) || is_chosen(&to))).then_some((from, to))
}

/// As [`rename`], for a domain.
pub(super) fn rename_of_domain(
    domain: &QualifiedName,
    one: &Domain,
    other: &Domain,
) -> Option<(String, String)> {
    let name = |of: &Domain| {
        let found = of.constraints.iter().find(|found| found.is_not_null);
        found.map_or_else(|| not_null_name(&domain.name, None), |found| found.name.clone())
    };
    let (from, to) = (name(one), name(other));
    (from != to && (is_chosen(&from) || is_chosen(&to))).then_some((from, to))
}

/// Statements that make a column NOT NULL, or not, or the constraint another one.
pub(super) fn statements(
    table: &QualifiedName,
    one: &Relation,
    other: &Relation,
    column: &str,
    was: bool,
    is: bool,
    has_names: bool,
) -> Vec<String> {
    let keyword = other.kind.keyword();
    let alter = format!("ALTER {keyword} {table}");
    let quoted = quote_identifier(column);
    let (before, after) = (of_column(one, column), of_column(other, column));
    let is_odd = |found: Option<&Constraint>| found.is_some_and(|found| !is_plain(found));
    let mut sql = Vec::new();
    match (was, is) {
        (false, true) if is_odd(after) => {}
        (false, true) => match after.filter(|found| is_chosen(&found.name) && found.is_local) {
            Some(named) => sql.push(format!(
                "{alter} ADD CONSTRAINT {} NOT NULL {quoted}",
                quote_identifier(&named.name)
            )),
            None => sql.push(format!("{alter} ALTER COLUMN {quoted} SET NOT NULL")),
        },
        (true, false) if is_odd(before) => {}
        (true, false) => sql.push(format!("{alter} ALTER COLUMN {quoted} DROP NOT NULL")),
        (true, true) => {
            // What becomes odd is made again as a constraint of its own.
            if !is_odd(before) && is_odd(after) {
                sql.push(format!("{alter} ALTER COLUMN {quoted} DROP NOT NULL"));
            } else {
                if let (Some(odd), false) = (before.filter(|found| !is_plain(found)), is_odd(after)) {
                    let name = quote_identifier(&odd.name);
                    if !odd.is_valid {
                        sql.push(format!("{alter} VALIDATE CONSTRAINT {name}"));
                    }
                    if odd.is_no_inherit {
                        sql.push(format!("{alter} ALTER CONSTRAINT {name} INHERIT"));
                    }
                }
                if let (true, Some((from, to))) =
                    (has_names && !is_odd(after), rename(table, one, other, column))
                {
                    sql.push(format!(
                        "{alter} RENAME CONSTRAINT {} TO {}",
                        quote_identifier(&from),
                        quote_identifier(&to)
                    ));
                }
            }
        }
        (false, false) => {}
    }
    sql
}
