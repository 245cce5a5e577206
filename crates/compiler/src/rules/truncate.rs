//! TRUNCATE.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::Statement;

pub(super) static RULE: Rule = Rule {
    id: "truncate",
    severity: Severity::Warning,
    section: Section::Objects,
    why: "TRUNCATE locks the table against everybody and loses all its rows; with CASCADE also those of every table that references \
          it, and so on.",
    unsafe_sql: "TRUNCATE invoices;",
    safe_sql: "-- windlass: backfill empty_invoices
DELETE FROM invoices;",
    harm: Harm::Blocks,
    squawk: &["ban-truncate-cascade"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::Truncate {
        relations, cascade, ..
    } = &*case.statement
    else {
        return None;
    };
    let first = relations
        .iter()
        .find(|relation| case.existing(relation).is_some())?;
    let reach = if *cascade {
        ", and of every table that references it"
    } else {
        ""
    };
    let message = format!(
        "all rows of {first}{}{reach} go away, and reads and writes wait",
        case.size(first)
    );
    Some(
        case.finding(&RULE, message)
            .help("delete in batches: `-- windlass: backfill NAME` before DELETE FROM"),
    )
}
