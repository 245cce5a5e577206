//! A type change of a column that a view or a generated column reads.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::catalog::{Address, QualifiedName, Relation, RelationKind};
use crate::diagnostic::Severity;
use crate::sql::AlterKind;

pub(super) static RULE: Rule = Rule {
    id: "column-type-used-by-view",
    severity: Severity::Error,
    section: Section::Columns,
    why: "PostgreSQL refuses to change the type of a column that a view, a materialised view or a rule reads.",
    unsafe_sql: "CREATE VIEW coded AS SELECT small_code FROM orders;
ALTER TABLE orders ALTER COLUMN small_code TYPE text;",
    safe_sql: "DROP INDEX CONCURRENTLY orders_code;
ALTER TABLE orders ALTER COLUMN small_code TYPE text;
CREATE INDEX CONCURRENTLY orders_code ON orders (lower(small_code));
CREATE VIEW coded AS SELECT small_code FROM orders;",
    harm: Harm::Fails("0A000"),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, _) = case.alter()?;
    if command.kind != AlterKind::ColumnType {
        return None;
    }
    let column = command.name.as_deref()?;
    let views = match (case.around.catalog, case.find(relation)) {
        (Some(catalog), Some(name)) => {
            let of = Address::Column(name, column.to_owned());
            let users = catalog.dependencies.on(&of);
            // A sequence that the column owns follows it, and what the plan has dropped reads nothing any more.
            let reads = |view: &&QualifiedName| {
                let is_sequence = |relation: &Relation| matches!(relation.kind, RelationKind::Sequence(_));
                let mut dropped = case.seen.dropped_views.iter();
                !catalog.relation(view).is_some_and(is_sequence)
                    && !dropped.any(|dropped| case.find(dropped).as_ref() == Some(view))
            };
            users
                .filter_map(|(user, _)| match user {
                    Address::Relation(view) | Address::Rule(view, _) => Some(view),
                    _ => None,
                })
                .filter(reads)
                .map(ToString::to_string)
                .collect()
        }
        _ => case.seen.views_over(relation, column),
    };
    let first = views.first()?;
    let message = format!("{first} reads {column}, whose type PostgreSQL therefore does not change (0A000)");
    let finding = case.finding(&RULE, message);
    Some(finding.help("drop the view, change the type and create the view again, in one transaction"))
}
