//! DROP INDEX, and then CREATE INDEX of what replaces it.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::Statement;

pub(super) static RULE: Rule = Rule {
    id: "index-dropped-before-replacement",
    severity: Severity::Warning,
    section: Section::Indexes,
    why: "Between the drop of an index and the end of the build that replaces it, queries read the whole table.",
    unsafe_sql: "DROP INDEX CONCURRENTLY orders_status;
CREATE INDEX CONCURRENTLY orders_status ON orders (status, placed_at);",
    safe_sql: "CREATE INDEX CONCURRENTLY orders_status_placed ON orders (status, placed_at);
DROP INDEX CONCURRENTLY orders_status;
ALTER INDEX orders_status_placed RENAME TO orders_status;",
    harm: Harm::Later("Queries that used the index read all rows meanwhile."),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::CreateIndex { index, relation, .. } = &*case.statement else {
        return None;
    };
    let keys = &case.details.index.as_ref()?.keys;
    case.live(relation)?;
    let (dropped, _) = case.seen.dropped_indexes.iter().find(|(name, known)| {
        let same_name = index.as_ref() == Some(name);
        let same_lead = known
            .as_ref()
            .is_some_and(|known| known.table == *relation && known.keys.first() == keys.first());
        let in_catalog = case
            .relation(relation)
            .and_then(|found| found.index(name))
            .is_some_and(|known| match (known.keys.first(), keys.first()) {
                (Some(old), Some(Some(new))) => old.column() == Some(new),
                _ => false,
            });
        same_name || same_lead || in_catalog
    })?;
    let message = format!(
        "until the index is built, queries that used {dropped} read all of {relation}{}",
        case.size(relation)
    );
    let finding = case.finding(&RULE, message);
    Some(finding.help("build the new index first, under another name, then drop the old one, then rename"))
}
