//! REFRESH MATERIALIZED VIEW without CONCURRENTLY.

use super::case::Case;
use super::{Finding, Harm, Rule, Section, rewrite};
use crate::diagnostic::Severity;
use crate::sql::Statement;

pub(super) static RULE: Rule = Rule {
    id: "blocking-refresh",
    severity: Severity::Error,
    section: Section::Objects,
    why: "REFRESH MATERIALIZED VIEW locks the view against everybody while its query runs. CONCURRENTLY, which needs a unique index, readers go on.",
    unsafe_sql: "REFRESH MATERIALIZED VIEW order_counts;",
    safe_sql: "REFRESH MATERIALIZED VIEW CONCURRENTLY order_counts;",
    harm: Harm::Blocks,
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::Refresh {
        relation,
        concurrently: false,
        ..
    } = &*case.statement
    else {
        return None;
    };
    case.live(relation)?;
    let message = format!(
        "running its query blocks reads of {relation}{}",
        case.size(relation)
    );
    let finding = case
        .about(&RULE, relation, message)
        .fixed(rewrite::refresh_concurrently(case));
    Some(if finding.fix.is_none() {
        finding.help(
            "make a unique index over plain columns of the view, then REFRESH MATERIALIZED VIEW CONCURRENTLY",
        )
    } else {
        finding
    })
}
