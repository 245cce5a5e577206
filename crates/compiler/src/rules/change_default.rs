//! SET DEFAULT and DROP DEFAULT.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::Exactly;

pub(super) static RULE: Rule = Rule {
    id: "change-default",
    severity: Severity::Note,
    section: Section::Columns,
    why: "An ORM that cached the old default goes on inserting it, until it is started anew.",
    unsafe_sql: "ALTER TABLE orders ALTER COLUMN status SET DEFAULT 'open';",
    safe_sql: "COMMENT ON COLUMN orders.status IS 'the application sets it to open';",
    harm: Harm::Later("Rows of running applications keep getting the old default."),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, written) = case.alter()?;
    if written.exactly != Exactly::Default {
        return None;
    }
    case.existing(relation)?;
    // A column that the same plan adds is nobody's yet.
    let column = command.name.as_deref()?;
    let is_new = |table: &super::seen::Table| table.new_columns.iter().any(|new| new == column);
    if case.seen(relation).is_some_and(is_new) {
        return None;
    }
    let message = format!("applications that cached the old default of {column} go on inserting it");
    Some(
        case.finding(&RULE, message)
            .help("let the application name the column in its INSERTs first"),
    )
}
