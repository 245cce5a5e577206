//! CREATE TABLE … PARTITION OF.

use super::case::Case;
use super::{Finding, Harm, Rule, Section, rewrite};
use crate::diagnostic::Severity;
use crate::sql::Statement;

pub(super) static RULE: Rule = Rule {
    id: "partition-of",
    severity: Severity::Warning,
    section: Section::Objects,
    why: "CREATE TABLE … PARTITION OF locks the parent against everybody, and reads its default partition under that lock. A table \
          that is attached locks the parent against other DDL only.",
    unsafe_sql: "CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
    safe_sql: "CREATE TABLE events_2026 (LIKE events INCLUDING ALL,
    CONSTRAINT events_2026_bound CHECK (at >= '2026-01-01' AND at < '2027-01-01'));
ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
ALTER TABLE events_2026 DROP CONSTRAINT events_2026_bound;",
    harm: Harm::Blocks,
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::CreateTable {
        relation,
        partition_of: Some(parent),
        ..
    } = &*case.statement
    else {
        return None;
    };
    case.existing(parent)?;
    let default = case.default_partition(parent);
    let reads = match &default {
        Some(name) => format!(", and reads {name}"),
        None => String::new(),
    };
    let message =
        format!("making {relation} blocks reads and writes of {parent} with all its partitions{reads}");
    let finding = case.finding(&RULE, message);
    let finding = if case.around.catalog.is_none() {
        finding.assuming(format!("{parent} is in use (no database was asked)"))
    } else {
        finding
    };
    let finding = finding.better(rewrite::partition_of(case), case.around.catalog.is_none());
    let finding = match rewrite::live_default(case, parent) {
        Some(default) => finding.needing(rewrite::EARLY_ROWS).help(format!(
            "the CHECK that spares reading {default} refuses rows that belong to the new partition until it is attached"
        )),
        None => finding,
    };
    Some(finding.help(format!(
        "create it by itself (LIKE {parent} INCLUDING ALL, with a CHECK of the bounds), then ATTACH PARTITION"
    )))
}
