//! Several tables in one TRUNCATE, DROP or LOCK.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::{ObjectKind, Statement};

pub(super) static RULE: Rule = Rule {
    id: "many-locks-at-once",
    severity: Severity::Warning,
    section: Section::Sessions,
    why: "lock_timeout counts for each lock: a statement that locks three tables may wait three times as long, and the first is \
          locked against everybody all the while.",
    unsafe_sql: "TRUNCATE invoices, homes;",
    safe_sql: "TRUNCATE invoices;
TRUNCATE homes;",
    harm: Harm::Later("The first table stays locked while the second is waited for."),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let relations = match &*case.statement {
        Statement::Truncate { relations, .. } => relations,
        Statement::Lock { relations, mode, .. } if mode.blocks() => relations,
        Statement::Drop {
            object: ObjectKind::Table | ObjectKind::MaterializedView,
            relations,
            ..
        } => relations,
        _ => return None,
    };
    let live: Vec<_> = relations
        .iter()
        .filter(|relation| case.existing(relation).is_some())
        .collect();
    let (first, second) = (live.first()?, live.get(1)?);
    let message = format!("{first} is locked against everybody while {second} is waited for");
    Some(
        case.finding(&RULE, message)
            .help("one table a statement, each in a transaction of its own"),
    )
}
