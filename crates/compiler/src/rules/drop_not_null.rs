//! DROP NOT NULL.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::Exactly;

pub(super) static RULE: Rule = Rule {
    id: "drop-not-null",
    severity: Severity::Note,
    section: Section::Columns,
    why: "The application that runs does not expect NULL there.",
    unsafe_sql: "ALTER TABLE customers ALTER COLUMN email DROP NOT NULL;",
    safe_sql: "COMMENT ON COLUMN customers.email IS 'may be NULL once the application expects it';",
    harm: Harm::Later("Who reads NULL where there never was one fails then, not now."),
    squawk: &["ban-drop-not-null"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, written) = case.alter()?;
    if written.exactly != Exactly::DropNotNull {
        return None;
    }
    case.existing(relation)?;
    let column = command.name.as_deref().unwrap_or("the column");
    let message = format!("readers of {column} may not expect NULL");
    Some(
        case.finding(&RULE, message)
            .help("deploy the application that expects it first"),
    )
}
