//! DROP TABLE of a partition.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::{ObjectKind, Statement};

pub(super) static RULE: Rule = Rule {
    id: "drop-partition",
    severity: Severity::Error,
    section: Section::Objects,
    why: "Dropping a partition locks the partitioned table against everybody. Detached CONCURRENTLY before, it is a table like others.",
    unsafe_sql: "DROP TABLE events_2024;",
    safe_sql: "ALTER TABLE events DETACH PARTITION events_2024 CONCURRENTLY;
DROP TABLE events_2024;",
    harm: Harm::Blocks,
    squawk: &["ban-drop-table"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::Drop {
        object: ObjectKind::Table,
        relations,
        cascade,
        ..
    } = &*case.statement
    else {
        return None;
    };
    let (part, parent) = relations
        .iter()
        .find_map(|relation| Some((relation, case.parent_of(relation)?)))?;
    case.existing(part)?;
    let message = format!(
        "dropping {part}{} blocks reads and writes of {parent} with all its partitions",
        case.size(part)
    );
    let fix = (relations.len() == 1 && !cascade && case.default_partition(&parent).is_none()).then(|| {
        vec![
            super::Safe::new(format!(
                "ALTER TABLE {parent} DETACH PARTITION {part} CONCURRENTLY"
            )),
            super::Safe::new(case.text),
        ]
    });
    Some(
        case.finding(&RULE, message)
            .fixed(fix)
            .help("detach it CONCURRENTLY first"),
    )
}
