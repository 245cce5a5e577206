//! CREATE INDEX CONCURRENTLY IF NOT EXISTS, sent by a program that looks at nothing.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::Statement;

pub(super) static RULE: Rule = Rule {
    id: "invalid-index-kept",
    severity: Severity::Warning,
    section: Section::Indexes,
    why: "A concurrent build that failed leaves an INVALID index, which slows writes and serves no query; IF NOT EXISTS then finds it and \
          says that all is well. Windlass looks the index up, and repairs it.",
    unsafe_sql: "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_customer ON orders (customer_id);",
    safe_sql: "DROP INDEX CONCURRENTLY IF EXISTS orders_customer;
CREATE INDEX CONCURRENTLY orders_customer ON orders (customer_id);",
    harm: Harm::Later("The second run keeps what the first one broke."),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::CreateIndex {
        relation,
        concurrently: true,
        if_not_exists: true,
        ..
    } = &*case.statement
    else {
        return None;
    };
    case.existing(relation)?;
    if !case.is_sent_as_it_stands() {
        return None;
    }
    let finding = case.finding(
        &RULE,
        "after a failed build IF NOT EXISTS keeps the INVALID index that it left",
    );
    Some(finding.help("drop the index CONCURRENTLY IF EXISTS first, or let Windlass run it"))
}
