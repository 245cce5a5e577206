//! ATTACH PARTITION that reads the table.

use super::case::Case;
use super::{Finding, Harm, Rule, Section, rewrite};
use crate::diagnostic::Severity;
use crate::sql::{AlterKind, ObjectKind, Statement};

pub(super) static RULE: Rule = Rule {
    id: "attach-scan",
    severity: Severity::Error,
    section: Section::Objects,
    why: "ATTACH PARTITION reads the whole table to see that its rows are within the bounds, and the default partition to see that none \
          of its rows are, while nobody can read either. A valid CHECK that implies the bounds spares the one, a CHECK that excludes \
          them the other.",
    unsafe_sql: "ALTER TABLE events ATTACH PARTITION events_2023 FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');",
    safe_sql: "ALTER TABLE events_2023 ADD CONSTRAINT events_2023_bound CHECK (at >= '2023-01-01' AND at < '2024-01-01') NOT VALID;
ALTER TABLE events_2023 VALIDATE CONSTRAINT events_2023_bound;
ALTER TABLE events ATTACH PARTITION events_2023 FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
ALTER TABLE events_2023 DROP CONSTRAINT events_2023_bound;",
    harm: Harm::Blocks,
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, _) = case.alter()?;
    let is_table = matches!(
        &*case.statement,
        Statement::Alter {
            object: ObjectKind::Table,
            ..
        }
    );
    if command.kind != AlterKind::Attach || !is_table {
        return None;
    }
    let part = command.other.as_ref()?;
    let default = rewrite::live_default(case, relation);
    let reads_part = case.live(part).is_some() && !case.has_valid_check(part);
    if !reads_part && default.is_none() {
        return None;
    }
    let read = match (reads_part, &default) {
        (true, Some(default)) => format!("{part}{} and {default}{}", case.size(part), case.size(default)),
        (true, None) => format!("{part}{}", case.size(part)),
        (false, Some(default)) => format!("{default}{}", case.size(default)),
        (false, None) => return None,
    };
    let message = format!(
        "{read} is read to see which rows are within the bounds, which blocks reads and writes of it"
    );
    let finding = case.about(&RULE, part, message);
    let finding = match (rewrite::attach(case, reads_part), &default) {
        (Some(form), Some(default)) => finding.fixed_under(rewrite::EARLY_ROWS, form).help(format!(
            "the CHECK that spares reading {default} refuses rows that belong to the new partition until it is attached"
        )),
        (form, _) => finding.fixed(form),
    };
    Some(finding.help("add a CHECK of the bounds (with NOT NULL of its columns) NOT VALID, validate it, then attach, then drop the check"))
}
