//! DROP INDEX without CONCURRENTLY.

use super::case::Case;
use super::{Finding, Harm, Rule, Section, rewrite};
use crate::diagnostic::Severity;
use crate::sql::{ObjectKind, Statement};

pub(super) static RULE: Rule = Rule {
    id: "blocking-index-drop",
    severity: Severity::Error,
    section: Section::Indexes,
    why: "DROP INDEX locks the table against everybody; CONCURRENTLY it waits for those who use the index, and nobody waits for it.",
    unsafe_sql: "DROP INDEX orders_status;",
    safe_sql: "DROP INDEX CONCURRENTLY orders_status;",
    harm: Harm::Blocks,
    squawk: &["require-concurrent-index-deletion"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::Drop {
        object: ObjectKind::Index,
        relations,
        concurrently: false,
        cascade,
        ..
    } = &*case.statement
    else {
        return None;
    };
    let lives = relations.iter().any(|index| {
        let is_new = case
            .seen
            .index(index)
            .is_some_and(|known| known.is_new || case.seen.is_new(&known.table));
        !is_new
    });
    if !lives || case.are_of_partitioned(relations) {
        return None;
    }
    let names: Vec<String> = relations.iter().map(ToString::to_string).collect();
    let message = format!(
        "dropping {} blocks reads and writes of its table",
        names.join(", ")
    );
    let finding = case.finding(&RULE, message);
    Some(if *cascade {
        finding.help("DROP INDEX CONCURRENTLY knows no CASCADE: drop first what depends on it")
    } else {
        finding.fixed(rewrite::drop_concurrently(case))
    })
}
