//! A type change of a column that a view or a generated column reads.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::catalog::Address;
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
            users
                .filter_map(|(user, _)| match user {
                    Address::Relation(view) => Some(view.to_string()),
                    Address::Rule(view, _) => Some(view.to_string()),
                    _ => None,
                })
                .collect()
        }
        _ => case.seen.views_over(relation, column),
    };
    let first = views.first()?;
    let message = format!("{first} reads {column}, whose type PostgreSQL therefore does not change (0A000)");
    let finding = case.finding(&RULE, message);
    Some(finding.help("drop the view, change the type and create the view again, in one transaction"))
}
