//! ALTER SEQUENCE.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::Statement;

pub(super) static RULE: Rule = Rule {
    id: "sequence-lock",
    severity: Severity::Warning,
    section: Section::Objects,
    why: "ALTER SEQUENCE blocks nextval(), and so every INSERT that draws a number, until the transaction ends. setval() blocks nobody.",
    unsafe_sql: "ALTER SEQUENCE ticket_numbers RESTART WITH 1000000;",
    safe_sql: "SELECT setval('ticket_numbers', 1000000, false);",
    harm: Harm::Blocks,
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::AlterSequence { relation, .. } = &*case.statement else {
        return None;
    };
    case.existing(relation)?;
    let message =
        format!("nextval('{relation}'), and every INSERT that calls it, waits until the transaction ends");
    Some(
        case.finding(&RULE, message)
            .help("keep it in a transaction of its own; for RESTART use setval(), which blocks nobody"),
    )
}
