//! An index over many columns.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;

pub(super) static RULE: Rule = Rule {
    id: "wide-index",
    severity: Severity::Note,
    section: Section::Indexes,
    why: "Columns of an index behind the third rarely help a query, and every write pays for them.",
    unsafe_sql: "CREATE INDEX CONCURRENTLY orders_wide ON orders (customer_id, product_id, status, total);",
    safe_sql: "CREATE INDEX CONCURRENTLY orders_wide ON orders (customer_id, product_id, status);",
    harm: Harm::Later("Each write maintains what no query uses."),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let index = case.details.index.as_ref()?;
    if index.is_unique || index.keys.len() <= 3 {
        return None;
    }
    let finding = case.finding(&RULE, format!("the index is over {} columns", index.keys.len()));
    Some(finding.help("leave out those that no query needs; INCLUDE carries values without sorting by them"))
}
