//! CONCURRENTLY in a transaction.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;

pub(super) static RULE: Rule = Rule {
    id: "concurrently-in-transaction",
    severity: Severity::Error,
    section: Section::Indexes,
    why: "Index work CONCURRENTLY waits for other transactions, and refuses to be part of one; several statements in one message \
          are a transaction too. Windlass sends it alone.",
    unsafe_sql: "BEGIN;
CREATE INDEX CONCURRENTLY orders_customer ON orders (customer_id);
COMMIT;",
    safe_sql: "CREATE INDEX CONCURRENTLY orders_customer ON orders (customer_id);",
    harm: Harm::Fails("25001"),
    squawk: &["ban-concurrent-index-creation-in-transaction"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    if !case.shares_transaction() {
        return None;
    }
    case.statement.concurrent_index()?;
    let finding = case.finding(&RULE, "PostgreSQL refuses it inside a transaction (25001)");
    Some(finding.help("send it by itself, outside BEGIN and COMMIT"))
}
