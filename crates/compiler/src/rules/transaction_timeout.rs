//! SET transaction_timeout.

use super::case::Case;
use super::seen::is_no_limit;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::Statement;

pub(super) static RULE: Rule = Rule {
    id: "transaction-timeout",
    severity: Severity::Warning,
    section: Section::Sessions,
    why: "transaction_timeout (17) ends the session, not only the transaction: settings, temporary tables and advisory locks of the \
          migration are gone.",
    unsafe_sql: "SET transaction_timeout = '5s';",
    safe_sql: "SET statement_timeout = '5s';",
    harm: Harm::LaterFrom(17, "The session is ended in the middle (25P04)."),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::Set { name: Some(name), .. } = &*case.statement else {
        return None;
    };
    if name != "transaction_timeout" || case.details.value.as_deref().is_none_or(is_no_limit) {
        return None;
    }
    let finding = case.finding(
        &RULE,
        "it ends the session, with its settings and locks, not only the transaction",
    );
    Some(finding.help("use statement_timeout and lock_timeout"))
}
