//! SET outside a transaction, through a pooler.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::Statement;

pub(super) static RULE: Rule = Rule {
    id: "setting-lost-in-pool",
    severity: Severity::Note,
    section: Section::Sessions,
    why: "Through a pooler in transaction mode a SET outside a transaction lands in whatever server session is free, and stays there for \
          somebody else. SET LOCAL in a transaction, or a direct connection, keeps it. Windlass connects directly, and replays settings.",
    unsafe_sql: "SET search_path = app;",
    safe_sql: "BEGIN;
SET LOCAL search_path = app;
COMMIT;",
    harm: Harm::Later("The setting is lost, or somebody else's."),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::Set {
        name: Some(name),
        local: false,
        ..
    } = &*case.statement
    else {
        return None;
    };
    if !case.is_sent_as_it_stands() || case.shares_transaction() {
        return None;
    }
    let finding = case.finding(
        &RULE,
        format!("through a pooler {name} may be set in another session than the next statement's"),
    );
    Some(finding.help("SET LOCAL inside the transaction, or connect directly"))
}
