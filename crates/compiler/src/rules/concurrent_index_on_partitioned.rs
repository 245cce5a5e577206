//! CREATE INDEX CONCURRENTLY on a partitioned table.

use super::case::Case;
use super::{Finding, Harm, Rule, Section, rewrite};
use crate::diagnostic::Severity;
use crate::sql::Statement;

pub(super) static RULE: Rule = Rule {
    id: "concurrent-index-on-partitioned",
    severity: Severity::Error,
    section: Section::Indexes,
    why: "PostgreSQL builds no index CONCURRENTLY on a partitioned table. It can be made on the parent ONLY, which builds nothing, built \
          on each partition, and attached.",
    unsafe_sql: "CREATE INDEX CONCURRENTLY events_kind ON events (kind);",
    safe_sql: "CREATE INDEX events_kind ON ONLY events (kind);
CREATE INDEX CONCURRENTLY events_2024_kind ON events_2024 (kind);
ALTER INDEX events_kind ATTACH PARTITION events_2024_kind;
CREATE INDEX CONCURRENTLY events_2025_kind ON events_2025 (kind);
ALTER INDEX events_kind ATTACH PARTITION events_2025_kind;",
    harm: Harm::Fails("0A000"),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::CreateIndex {
        relation,
        concurrently: true,
        only: false,
        ..
    } = &*case.statement
    else {
        return None;
    };
    if case.is_partitioned(relation) != Some(true) {
        return None;
    }
    let message = format!("{relation} is partitioned, and takes no index CONCURRENTLY (0A000)");
    let finding = case
        .finding(&RULE, message)
        .fixed(rewrite::index_on_partitions(case));
    Some(finding.help("CREATE INDEX ON ONLY the parent, CONCURRENTLY on each partition, then ALTER INDEX … ATTACH PARTITION"))
}
