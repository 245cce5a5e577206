//! ALTER TYPE of a composite type.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::Statement;

pub(super) static RULE: Rule = Rule {
    id: "composite-type-change",
    severity: Severity::Warning,
    section: Section::Objects,
    why: "A change of a composite type's attributes locks every table of that type against everybody, and is refused where a column is of \
          the type and its rows would have to be written anew.",
    unsafe_sql: "ALTER TYPE address ADD ATTRIBUTE city text CASCADE;",
    safe_sql: "CREATE TYPE address_with_city AS (street text, city text);",
    harm: Harm::Blocks,
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::Sweeping {
        kind: "alter_type", ..
    } = &*case.statement
    else {
        return None;
    };
    let finding = case.finding(
        &RULE,
        "every table of the type is locked against reads and writes",
    );
    let finding = if case.around.catalog.is_none() {
        finding.assuming("there are such tables (no database was asked)")
    } else {
        finding
    };
    Some(finding.help("make a new type, and move columns to it one by one"))
}
