//! RENAME and SET SCHEMA of tables, views and schemas.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::{ObjectKind, Statement};

pub(super) static RULE: Rule = Rule {
    id: "rename-table",
    severity: Severity::Warning,
    section: Section::Objects,
    why: "The application that still runs knows the old name.",
    unsafe_sql: "ALTER TABLE products RENAME TO articles;",
    safe_sql: "ALTER TABLE products RENAME TO articles;
CREATE VIEW products AS SELECT * FROM articles;",
    harm: Harm::Breaks("SELECT 1 FROM products"),
    squawk: &["renaming-table"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (object, relation) = match &*case.statement {
        Statement::Rename { object, relation, .. } => (*object, relation.as_ref()),
        Statement::SetSchema { object, relation, .. } => (*object, relation.as_ref()),
        _ => return None,
    };
    let is_used_by_name = matches!(
        object,
        ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView
    );
    let what = match (is_used_by_name, relation) {
        (true, Some(relation)) => {
            case.existing(relation)?;
            // Measured: ALTER TABLE … RENAME is written for indexes as well.
            if case.is_index(relation) {
                return None;
            }
            // A view of the old name is made in the same breath.
            if case.followed_by_view(relation) {
                return None;
            }
            relation.to_string()
        }
        (_, None) if case.renames_schema() => "the schema".to_owned(),
        _ => return None,
    };
    let message = format!("renaming {what} breaks queries of the application that still use the old name");
    Some(case.finding(&RULE, message).help(
        "create a view of the old name in the same transaction (it takes reads and writes), and drop it in the next deploy",
    ))
}
