//! ALTER TYPE … RENAME VALUE.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::Statement;

pub(super) static RULE: Rule = Rule {
    id: "renamed-enum-value",
    severity: Severity::Warning,
    section: Section::Objects,
    why: "The application that still runs writes and compares with the old value.",
    unsafe_sql: "ALTER TYPE mood RENAME VALUE 'happy' TO 'glad';",
    safe_sql: "ALTER TYPE mood ADD VALUE 'glad';",
    harm: Harm::Breaks("SELECT 1 FROM tickets WHERE mood = 'happy'"),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::AlterEnum { adds: false, .. } = &*case.statement else {
        return None;
    };
    let finding = case.finding(
        &RULE,
        "queries of the application that still use the old value fail",
    );
    Some(finding.help("add a new value; let the application move to it; change the rows by a backfill"))
}
