//! DETACH PARTITION without CONCURRENTLY.

use super::case::Case;
use super::{Finding, Harm, Rule, Section, rewrite};
use crate::diagnostic::Severity;
use crate::sql::AlterKind;

pub(super) static RULE: Rule = Rule {
    id: "blocking-detach",
    severity: Severity::Error,
    section: Section::Objects,
    why: "DETACH PARTITION locks the partitioned table against everybody; CONCURRENTLY it waits for those who read it, and locks only \
          the partition at its end.",
    unsafe_sql: "ALTER TABLE events DETACH PARTITION events_2024;",
    safe_sql: "ALTER TABLE events DETACH PARTITION events_2024 CONCURRENTLY;",
    harm: Harm::Blocks,
    squawk: &["require-concurrent-partition-detach"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, _) = case.alter()?;
    if command.kind != AlterKind::Detach {
        return None;
    }
    case.existing(relation)?;
    let message = format!("detaching blocks reads and writes of {relation} with all its partitions");
    let finding = case.about(&RULE, relation, message);
    Some(match case.default_partition(relation) {
        Some(default) => finding.help(format!(
            "with the default partition {default} there is no DETACH CONCURRENTLY (55000): do it at a quiet hour, under `allow`"
        )),
        None => finding.fixed(rewrite::detach_concurrently(case)),
    })
}
