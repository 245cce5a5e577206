//! DISABLE TRIGGER ALL.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::Exactly;

pub(super) static RULE: Rule = Rule {
    id: "disabled-triggers",
    severity: Severity::Warning,
    section: Section::Constraints,
    why: "DISABLE TRIGGER ALL switches foreign keys off, for everybody: rows that break them get in, and nothing ever checks them. It \
          blocks writes until the transaction ends.",
    unsafe_sql: "ALTER TABLE invoices DISABLE TRIGGER ALL;",
    safe_sql: "SET LOCAL session_replication_role = replica;",
    harm: Harm::Later("Rows that break foreign keys stay, and no dump restores."),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, _, written) = case.alter()?;
    if written.exactly != Exactly::DisableTriggers {
        return None;
    }
    case.existing(relation)?;
    let message =
        format!("the foreign keys of {relation} are off for everybody, and what gets in is never checked");
    Some(
        case.finding(&RULE, message)
            .help("disable the one trigger that is in the way, by its name"),
    )
}
