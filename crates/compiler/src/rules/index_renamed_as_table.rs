//! ALTER TABLE … RENAME of an index.

use super::case::Case;
use super::{Finding, Harm, Rule, Section, rewrite};
use crate::diagnostic::Severity;
use crate::sql::{ObjectKind, Statement};

pub(super) static RULE: Rule = Rule {
    id: "index-renamed-as-table",
    severity: Severity::Error,
    section: Section::Indexes,
    why: "ALTER TABLE renames an index under a lock that every query on its table waits for; ALTER INDEX does the same under one that \
          nobody notices.",
    unsafe_sql: "ALTER TABLE orders_status RENAME TO orders_by_status;",
    safe_sql: "ALTER INDEX orders_status RENAME TO orders_by_status;",
    harm: Harm::Blocks,
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::Rename {
        object: ObjectKind::Table,
        relation: Some(relation),
        ..
    } = &*case.statement
    else {
        return None;
    };
    if !case.is_index(relation) {
        return None;
    }
    let message = format!("{relation} is an index: ALTER TABLE locks it against every query on its table");
    Some(case.finding(&RULE, message).fixed_by(rewrite::rename_index(case)))
}
