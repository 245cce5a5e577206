//! CREATE INDEX without CONCURRENTLY.

use super::case::Case;
use super::{Finding, Harm, Rule, Section, rewrite};
use crate::diagnostic::Severity;
use crate::sql::Statement;

pub(super) static RULE: Rule = Rule {
    id: "blocking-index-build",
    severity: Severity::Error,
    section: Section::Indexes,
    why: "A plain index build blocks writes until the whole table has been read.",
    unsafe_sql: "CREATE INDEX orders_customer ON orders (customer_id);",
    safe_sql: "CREATE INDEX CONCURRENTLY orders_customer ON orders (customer_id);",
    harm: Harm::Blocks,
    squawk: &["require-concurrent-index-creation"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::CreateIndex {
        relation,
        only,
        concurrently: false,
        ..
    } = &*case.statement
    else {
        return None;
    };
    // ON ONLY a partitioned table builds nothing.
    if *only && case.is_partitioned(relation) != Some(false) {
        return None;
    }
    case.live_to_calls(relation)?;
    let message = format!(
        "building the index blocks writes to {relation}{}",
        case.size(relation)
    );
    let finding = case.about(&RULE, relation, message);
    if case.is_partitioned(relation) == Some(true) {
        let finding = finding.fixed(rewrite::index_on_partitions(case));
        return Some(finding.help(
            "CREATE INDEX ON ONLY the parent, CONCURRENTLY on each partition, then ALTER INDEX … ATTACH PARTITION",
        ));
    }
    let finding = finding.fixed(rewrite::index_concurrently(case));
    Some(if finding.fix.is_none() {
        finding.help("name the index, and write CREATE INDEX CONCURRENTLY")
    } else {
        finding
    })
}
